using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Balancing;

/// <summary>Two engines behind one door, stepped by hand.</summary>
public sealed class EngineGroupTests : IAsyncDisposable
{
    private readonly Meter _meter = new("group test");
    private readonly TestEngine[] _engines;
    private readonly EngineGroup _group;

    public EngineGroupTests()
    {
        var metrics = new EngineMetrics(_meter);
        _engines = [Create(metrics), Create(metrics)];
        _group = new EngineGroup(_engines[0].Engine, _engines[1].Engine);
    }

    [Fact]
    public async Task Generate_NothingToDo_GoesToTheFirst()
    {
        Task<int[]> read = Read(TestEngine.Request());

        Assert.Equal([1, 0], Waiting());
        await FinishAsync(read);
    }

    [Fact]
    public async Task Generate_SeveralAtOnce_GoToTheOneWithFewerSequences()
    {
        Task<int[]>[] reads = [.. Enumerable.Range(0, 5).Select(i => Read(TestEngine.Request(firstToken: 10 * i)))];

        Assert.Equal([3, 2], Waiting());
        Assert.Equal(5, _group.WaitingCount);
        await FinishAsync(reads);
    }

    [Fact]
    public async Task Generate_OneRunsAndOneWaits_IsThatMany()
    {
        Task<int[]> running = Read(TestEngine.Request() with { SequenceCount = 3 });
        _engines[0].Step();
        Task<int[]>[] reads = [.. Enumerable.Range(0, 3).Select(i => Read(TestEngine.Request(firstToken: 10 * i)))];

        Assert.Equal([0, 3], Waiting());
        Assert.Equal((3, 0), (_group.Snapshot.RunningCount, _group.Snapshot.WaitingCount));
        await FinishAsync([running, .. reads]);
    }

    [Fact]
    public async Task Generate_AsManySequences_GoesToTheOneWithFewerTokensWaiting()
    {
        Task<int[]> longPrompt = Read(TestEngine.Request(promptLength: 100));
        Task<int[]> shortPrompt = Read(TestEngine.Request(promptLength: 3));

        Task<int[]> read = Read(TestEngine.Request());

        Assert.Equal([1, 2], Waiting());
        await FinishAsync(longPrompt, shortPrompt, read);
    }

    [Fact]
    public async Task Generate_SameBeginningAndAboutAsMuchToDo_GoesWhereItWas()
    {
        Task<int[]> busy = Read(TestEngine.Request(firstToken: 90));
        await FinishAsync(Read(TestEngine.Request(promptLength: 40)), busy);
        Assert.Equal([1, 1], Steps());

        Task<int[]> again = Read(TestEngine.Request(promptLength: 45)); // the first has nothing to do, as the second

        Assert.Equal([0, 1], Waiting());
        await FinishAsync(again);
    }

    [Fact]
    public async Task Generate_SameBeginningAndMuchMoreToDoThere_GoesToTheOther()
    {
        Task<int[]> before = Read(TestEngine.Request(promptLength: 40));
        Task<int[]> several = Read(TestEngine.Request(promptLength: 40)); // one more is hardly more
        Assert.Equal([2, 0], Waiting());

        Task<int[]> read = Read(TestEngine.Request(promptLength: 40));

        Assert.Equal([2, 1], Waiting());
        await FinishAsync(before, several, read);
    }

    [Fact]
    public async Task Generate_WhicheverEngine_GivesTheSameTokens()
    {
        GenerationRequest request = TestEngine.Request() with { Sampling = new SamplingParams { Seed = 7 } };

        Task<int[]> one = Read(request);
        Task<int[]> other = Read(request);

        Assert.Equal([1, 1], Waiting());
        await FinishAsync(one, other);
        Assert.Equal(await one, await other);
    }

    [Fact]
    public async Task Generate_BestIsFull_IsOfferedToTheOther()
    {
        // So long that its tokens fill the queue of the one with fewer sequences.
        Task<int[]> first = Read(TestEngine.Request(promptLength: 3));
        Task<int[]> huge = Read(TestEngine.Request(promptLength: 900));
        Task<int[]> third = Read(TestEngine.Request(promptLength: 3));
        Task<int[]> offered = Read(TestEngine.Request(promptLength: 500, firstToken: 5));

        Assert.Equal([3, 1], Waiting());
        await FinishAsync(first, huge, third, offered);
    }

    [Fact]
    public async Task Generate_AllAreFull_IsRefusedAndCountedOnce()
    {
        long refused = 0;
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => refused += value);
        Task<int[]>[] reads = [.. Enumerable.Range(0, 8).Select(_ => Read(TestEngine.Request()))];
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == _meter && instrument.Name == "laser.rejections")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.Start();

        EngineException e = await Assert.ThrowsAsync<EngineException>(() => Read(TestEngine.Request()));

        Assert.Equal(EngineError.Overloaded, e.Error);
        Assert.Equal(1, refused);
        await FinishAsync(reads);
    }

    [Fact]
    public async Task Generate_OneHasEnded_GoesToTheOtherUntilItIsReplaced()
    {
        await _engines[0].Engine.DisposeAsync();
        Task<int[]> read = Read(TestEngine.Request());
        Assert.Equal([0, 1], Waiting());

        await using TestEngine next = Create(new EngineMetrics(_meter));
        _group.Replace(0, next.Engine);
        Task<int[]> other = Read(TestEngine.Request());

        Assert.Equal((1, 1), (next.Engine.WaitingCount, _engines[1].Engine.WaitingCount));
        next.StepUntilIdle();
        await FinishAsync(read, other);
    }

    [Fact]
    public async Task Generate_AllHaveEnded_IsRefused()
    {
        await _group.DisposeAsync();

        EngineException e = await Assert.ThrowsAsync<EngineException>(() => Read(TestEngine.Request()));

        Assert.Equal(EngineError.Draining, e.Error);
        Assert.True(_group.Ended.IsCompletedSuccessfully);
    }

    public async ValueTask DisposeAsync()
    {
        await _group.DisposeAsync();
        _meter.Dispose();
    }

    private static TestEngine Create(EngineMetrics metrics)
    {
        EngineOptions options = TestEngine.Options(queued: 4);
        options.MaxQueuedPromptTokens = 1000;
        return new TestEngine(options: options, metrics: metrics);
    }

    private int[] Waiting() => [.. _engines.Select(engine => engine.Engine.WaitingCount)];

    private int[] Steps() => [.. _engines.Select(engine => engine.Snapshot.StepCount > 0 ? 1 : 0)];

    private async Task<int[]> Read(GenerationRequest request)
    {
        List<int> tokens = [];
        await foreach (TokenOutput output in _group.GenerateAsync(request, CancellationToken.None))
        {
            tokens.AddRange(output.TokenIds);
        }

        return [.. tokens];
    }

    private async Task FinishAsync(params Task<int[]>[] reads)
    {
        foreach (TestEngine engine in _engines.Where(engine => !engine.Engine.Ended.IsCompleted))
        {
            engine.StepUntilIdle();
        }

        await Task.WhenAll(reads);
    }
}
