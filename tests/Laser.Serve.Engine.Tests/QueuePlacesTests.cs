using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

public class QueuePlacesTests
{
    [Fact]
    public void TryTake_UpToBothLimits_TakesAndThenSaysWhichIsInTheWay()
    {
        var places = new QueuePlaces(capacity: 3, tokenCapacity: 100);

        Assert.True(places.TryTake(60, out _));
        Assert.True(places.TryTake(40, out _));
        Assert.False(places.TryTake(1, out string? tokens));
        Assert.Equal("The queue takes 100 prompt tokens; 100 wait, and the prompt has 1.", tokens);
        places.Return(1, 60);
        Assert.True(places.TryTake(1, out _));
        Assert.True(places.TryTake(1, out _));
        Assert.False(places.TryTake(1, out string? requests));
        Assert.Equal("All 3 places of the queue are taken.", requests);
        Assert.Equal((3, 42), (places.TakenCount, places.TakenTokenCount));
    }

    [Fact]
    public void TryTake_LongerThanTheLimit_MayWaitAlone()
    {
        var places = new QueuePlaces(capacity: 3, tokenCapacity: 100);

        Assert.True(places.TryTake(int.MaxValue, out _));
        Assert.False(places.TryTake(1, out _));
        places.Return(1, int.MaxValue);
        Assert.True(places.TryTake(1, out _));
        Assert.False(places.TryTake(100, out _));
    }

    [Fact]
    public void TryTake_ManyAtOnce_NeverGivesMoreThanThereAre()
    {
        var places = new QueuePlaces(capacity: 100_000, tokenCapacity: 5_000);

        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (places.TryTake(700, out string? _))
                {
                    Assert.InRange(places.TakenTokenCount, 0, 5_000);
                    places.Return(1, 700);
                }
            }
        });

        Assert.Equal((0, 0), (places.TakenCount, places.TakenTokenCount));
    }

    // In whatever way a request leaves the queue: admitted, cancelled, out of time.
    [Fact]
    public async Task Submit_PromptTokensWait_RefusesMoreAndGetsAllPlacesBack()
    {
        EngineOptions options = TestEngine.Options(running: 1);
        options.MaxQueuedPromptTokens = 50;
        await using var engine = new TestEngine(options: options);
        using var cancel = new CancellationTokenSource();
        Task<Generation> first = engine.Generate(TestEngine.Request(promptLength: 30));
        engine.Step();
        Assert.Equal(0, engine.Engine.WaitingPromptTokenCount);
        Task<Generation> cancelled = engine.Generate(TestEngine.Request(promptLength: 20), cancel.Token);
        Task<Generation> late = engine.Generate(
            TestEngine.Request(promptLength: 20) with { TimeLimit = TimeSpan.FromSeconds(1) });
        Task<Generation> last = engine.Generate(TestEngine.Request(promptLength: 10));

        var refused = await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request(1)));
        Assert.Equal(EngineError.Overloaded, refused.Error);
        Assert.Contains("50 prompt tokens", refused.Message, StringComparison.Ordinal);

        engine.Step();
        Assert.Equal((50, 50), (engine.Engine.WaitingPromptTokenCount, engine.Snapshot.WaitingPromptTokenCount));
        await cancel.CancelAsync();
        engine.Time.Advance(TimeSpan.FromSeconds(2));
        engine.Step();
        Assert.Equal((10, 10), (engine.Engine.WaitingPromptTokenCount, engine.Snapshot.WaitingPromptTokenCount));
        engine.StepUntilIdle();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(FinishReason.TimeLimit, (await late).Summary.FinishReason);
        Assert.Equal(5, (await first).TokenIds.Count);
        Assert.Equal(5, (await last).TokenIds.Count);
        Assert.Equal((0, 0), (engine.Engine.WaitingCount, engine.Engine.WaitingPromptTokenCount));
        engine.AssertClean();
    }

    [Fact]
    public async Task Submit_EngineHasStopped_TakesNoPlace()
    {
        var engine = new TestEngine();
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        Assert.Equal((1, 3), (engine.Engine.WaitingCount, engine.Engine.WaitingPromptTokenCount));

        engine.Engine.Loop.End(failure: null);
        await Assert.ThrowsAsync<EngineException>(() => waiting);
        await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request()));

        Assert.Equal((0, 0), (engine.Engine.WaitingCount, engine.Engine.WaitingPromptTokenCount));
        await engine.DisposeAsync();
    }
}
