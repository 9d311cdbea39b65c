using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>The engine on its own thread.</summary>
public class EngineThreadTests
{
    [Fact]
    public async Task Generate_ManyAtOnce_AllGetTheirTokens()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 8, queued: 1000));
        await using var reference = new TestEngine();
        using Gate gate = HoldFirstStep(engine);
        Task<Generation>[] generations = [.. Enumerable.Range(0, 200).Select(i => engine.Generate(Request(i)))];
        gate.Open();

        for (int i = 0; i < generations.Length; i++)
        {
            Generation expected = await reference.GenerateByHand(Request(i));
            Assert.Equal(expected.TokenIds, (await generations[i]).TokenIds);
            Assert.Equal(expected.Text, (await generations[i]).Text);
        }

        Assert.Equal(8, engine.Snapshot.LargestBatch);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_SomeCancelledAtRandom_OthersAreUnharmedAndNothingLeaks()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 8, queued: 1000));
        await using var reference = new TestEngine();
        Task<int>[] readers = [.. Enumerable.Range(0, 200).Select(i => Task.Run(() => ReadSome(engine, i)))];

        int[] counts = await Task.WhenAll(readers);

        for (int i = 0; i < counts.Length; i++)
        {
            Generation expected = await reference.GenerateByHand(Request(i));
            int all = expected.TokenIds.Count;
            Assert.InRange(counts[i], i % 4 == 0 ? all : Math.Min(i % 4, all), all);
        }

        await engine.Engine.DrainAsync(CancellationToken.None);
        engine.AssertClean();
    }

    [Fact]
    public async Task DrainAsync_RunningAndWaiting_FinishesBothAndRefusesTheNext()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 1));
        using Gate gate = HoldFirstStep(engine);
        Task<Generation> running = engine.Generate(TestEngine.Request());
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        await gate.Reached;

        Task drained = engine.Engine.DrainAsync(CancellationToken.None);
        var refused = await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request()));
        Assert.Equal(EngineError.Draining, refused.Error);
        Assert.False(drained.IsCompleted);
        gate.Open();

        await drained;
        Assert.Equal(5, (await running).TokenIds.Count);
        Assert.Equal(5, (await waiting).TokenIds.Count);
        Assert.Equal(EngineStatus.Stopped, engine.Snapshot.Status);
        engine.AssertClean();
    }

    [Fact]
    public async Task DrainAsync_Idle_EndsAtOnce()
    {
        await using TestEngine engine = CreateStarted();

        await engine.Engine.DrainAsync(CancellationToken.None);

        Assert.Equal(EngineStatus.Stopped, engine.Snapshot.Status);
    }

    [Fact]
    public async Task DrainAsync_GivenUp_LeavesTheRestToDispose()
    {
        TestEngine engine = CreateStarted();
        using Gate gate = HoldFirstStep(engine);
        Task<Generation> generation = engine.Generate(TestEngine.Request());
        await gate.Reached;
        using var patience = new CancellationTokenSource();
        Task drained = engine.Engine.DrainAsync(patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained);

        ValueTask disposed = engine.DisposeAsync();
        gate.Open();
        await disposed;

        Assert.Equal(EngineError.Aborted, (await Assert.ThrowsAsync<EngineException>(() => generation)).Error);
        engine.AssertClean();
    }

    [Fact]
    public async Task DisposeAsync_RunningAndWaiting_FailsThemAndFreesTheirBlocks()
    {
        TestEngine engine = CreateStarted(TestEngine.Options(running: 1));
        using Gate gate = HoldFirstStep(engine);
        Task<Generation> running = engine.Generate(TestEngine.Request());
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        await gate.Reached;

        ValueTask disposed = engine.DisposeAsync();
        gate.Open();
        await disposed;

        Assert.Equal(EngineError.Aborted, (await Assert.ThrowsAsync<EngineException>(() => running)).Error);
        Assert.Equal(EngineError.Draining, (await Assert.ThrowsAsync<EngineException>(() => waiting)).Error);
        Assert.Single(engine.Runner.Steps);
        engine.AssertClean();
    }

    [Fact]
    public async Task Run_EngineItselfFails_FailsItsRequestsAndRefusesTheNext()
    {
        await using TestEngine engine = CreateStarted();
        using Gate gate = HoldFirstStep(engine);
        engine.Runner.BlockFailure = new InvalidOperationException("broken");
        Task<Generation> ending = engine.Generate(TestEngine.Request(maxTokens: 2));
        Task<Generation> going = engine.Generate(TestEngine.Request(maxTokens: 20));
        await gate.Reached;
        gate.Open();

        EngineException failed = await Assert.ThrowsAsync<EngineException>(() => going);
        Assert.Equal(2, (await ending).TokenIds.Count);
        await engine.Engine.DisposeAsync();

        Assert.Equal(EngineError.StepFailed, failed.Error);
        Assert.Equal(EngineStatus.Failed, engine.Snapshot.Status);
        var refused = await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request()));
        Assert.Equal(EngineError.Draining, refused.Error);
    }

    // Whoever watches the engine sees what a step that never ends has in it.
    [Fact]
    public async Task Snapshot_WhileAStepRuns_ShowsWhatRunsAndWaits()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 1));
        using Gate gate = HoldFirstStep(engine);
        Task<Generation> running = engine.Generate(TestEngine.Request());
        await gate.Reached;
        Task<Generation> waiting = engine.Generate(TestEngine.Request());

        Assert.Equal((1, 0L), (engine.Snapshot.RunningCount, engine.Snapshot.StepCount));
        Assert.Equal(1, engine.Engine.WaitingCount);
        gate.Open();
        await Task.WhenAll(running, waiting);
        Assert.Equal(0, engine.Engine.WaitingCount);
    }

    [Fact]
    public async Task Start_Twice_Throws()
    {
        await using TestEngine engine = CreateStarted();

        Assert.Throws<InvalidOperationException>(engine.Engine.Start);
    }

    private static TestEngine CreateStarted(EngineOptions? options = null)
    {
        var engine = new TestEngine(options: options);
        engine.Engine.Start();
        return engine;
    }

    private static GenerationRequest Request(int number) =>
        TestEngine.Request(promptLength: 1 + (number % 50), maxTokens: 1 + (number % 13), firstToken: number);

    // Every fourth reader reads to the end, the others leave after up to three outputs, one way or the other.
    private static async Task<int> ReadSome(TestEngine engine, int number)
    {
        using var cancellation = new CancellationTokenSource();
        int outputs = 0;
        int tokens = 0;
        try
        {
            await foreach (TokenOutput output in engine.Engine.GenerateAsync(Request(number), cancellation.Token))
            {
                tokens += output.TokenIds.Count;
                outputs++;
                if (outputs == number % 4 && number % 8 < 4)
                {
                    break;
                }

                if (outputs == number % 4)
                {
                    await cancellation.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.True(cancellation.IsCancellationRequested);
        }

        return tokens;
    }

    private static Gate HoldFirstStep(TestEngine engine)
    {
        var gate = new Gate();
        engine.Runner.BeforeRun = _ => gate.Pass();
        return gate;
    }
}
