using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>A runner that cannot go on ends the engine, and every reader is told.</summary>
public class BrokenRunnerTests
{
    [Fact]
    public async Task Run_EveryStepThrows_EndsTheEngineAtTheLimit()
    {
        await using TestEngine engine = CreateStarted();
        engine.Runner.BeforeRun = _ => throw new InvalidOperationException("device lost");

        for (int i = 0; i < GuardedRunner.FailedStepLimit; i++)
        {
            Assert.Equal(EngineError.StepFailed, await ErrorOf(engine.Generate(TestEngine.Request())));
        }

        await engine.Engine.Ended;
        Assert.Equal(EngineStatus.Failed, engine.Snapshot.Status);
        Assert.Equal(EngineError.Draining, await ErrorOf(engine.Generate(TestEngine.Request())));
        engine.AssertClean();
    }

    [Fact]
    public async Task Run_AGoodStepBetweenFailedOnes_GoesOn()
    {
        await using var engine = new TestEngine();
        for (int round = 0; round < 4; round++)
        {
            engine.Runner.BeforeRun = _ => throw new InvalidOperationException("not this one");
            for (int i = 1; i < GuardedRunner.FailedStepLimit; i++)
            {
                Assert.Equal(EngineError.StepFailed, await ErrorOf(engine.GenerateByHand(TestEngine.Request())));
            }

            engine.Runner.BeforeRun = null;
            Assert.Equal(5, (await engine.GenerateByHand(TestEngine.Request())).TokenIds.Count);
        }

        engine.AssertClean();
    }

    [Fact]
    public async Task Run_EngineEnds_WhatWaitsCanBeAskedForElsewhere()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 1));
        using var gate = new Gate();
        engine.Runner.BeforeRun = _ =>
        {
            gate.Pass();
            throw new InvalidOperationException("device lost");
        };
        Task<Generation>[] all =
            [.. Enumerable.Range(0, 4).Select(_ => engine.Generate(TestEngine.Request()))];
        gate.Open();

        EngineError[] errors = await Task.WhenAll(all.Select(ErrorOf));

        EngineError failed = EngineError.StepFailed;
        Assert.Equal([failed, failed, failed, EngineError.Draining], errors);
        engine.AssertClean();
    }

    [Fact]
    public async Task Run_BlocksCannotBeReleased_EndsTheEngineAndAllStreams()
    {
        await using TestEngine engine = CreateStarted(TestEngine.Options(running: 4));
        using var gate = new Gate();
        engine.Runner.BeforeRun = _ => gate.Pass();
        Task<Generation> ending = engine.Generate(TestEngine.Request(maxTokens: 2));
        Task<Generation[]> several = engine.GenerateAll(TestEngine.Request(maxTokens: 20) with { SequenceCount = 3 });
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        await gate.Reached;
        engine.Runner.BlockFailure = new InvalidOperationException("broken");
        gate.Open();

        Assert.Equal(2, (await ending).TokenIds.Count);
        Assert.Equal(EngineError.StepFailed, (await Assert.ThrowsAsync<EngineException>(() => several)).Error);
        Assert.Equal(EngineError.Draining, await ErrorOf(waiting));
        await engine.Engine.Ended;
        Assert.Equal(EngineStatus.Failed, engine.Snapshot.Status);
        Assert.Equal((0, 0, 0), (engine.Snapshot.UsedBlockCount, engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));
    }

    [Fact]
    public async Task Run_BlocksOfACancelledRequestCannotBeReleased_EndsTheEngineUnasked()
    {
        await using TestEngine engine = CreateStarted();
        using var gate = new Gate();
        using var cancel = new CancellationTokenSource();
        engine.Runner.BeforeRun = _ => gate.Pass();
        Task<Generation> cancelled = engine.Generate(TestEngine.Request(maxTokens: 900), cancel.Token);
        await gate.Reached;
        engine.Runner.BlockFailure = new InvalidOperationException("broken");

        await cancel.CancelAsync();
        gate.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await engine.Engine.Ended;
        Assert.Equal(EngineStatus.Failed, engine.Snapshot.Status);
    }

    [Fact]
    public async Task Step_BlockGivenAwayWithoutBeingReleased_IsNotRun()
    {
        await using var engine = new TestEngine(new FakeModelRunner(blockCount: 4, maxContextLength: 64));
        await engine.GenerateByHand(TestEngine.Request(promptLength: 48, firstToken: 10));
        engine.Runner.BlockFailure = new InvalidOperationException("broken");
        int steps = engine.Runner.Steps.Count;
        Task<Generation> evicting = engine.Generate(TestEngine.Request(promptLength: 48, firstToken: 90));

        engine.Step();

        Assert.Equal(EngineError.StepFailed, await ErrorOf(evicting));
        Assert.Equal(steps, engine.Runner.Steps.Count);
        Assert.Throws<InvalidOperationException>(() => engine.Step());
    }

    private static TestEngine CreateStarted(EngineOptions? options = null)
    {
        var engine = new TestEngine(options: options);
        engine.Engine.Start();
        return engine;
    }

    private static async Task<EngineError> ErrorOf(Task<Generation> generation) =>
        (await Assert.ThrowsAsync<EngineException>(() => generation)).Error;
}
