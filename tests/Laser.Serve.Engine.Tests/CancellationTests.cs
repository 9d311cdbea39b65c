using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

public class CancellationTests
{
    [Fact]
    public async Task Cancel_Queued_LeavesTheQueueWithinAStep()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 1, queued: 1));
        Task<Generation> running = engine.Generate(TestEngine.Request());
        engine.Step();
        using var cancellation = new CancellationTokenSource();
        Task<Generation> queued = engine.Generate(TestEngine.Request(), cancellation.Token);
        engine.Step();
        Assert.Equal(1, engine.Snapshot.WaitingCount);

        await cancellation.CancelAsync();
        engine.Step();

        Assert.Equal((1, 0), (engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Task<Generation> next = engine.Generate(TestEngine.Request());
        engine.StepUntilIdle();
        Assert.Equal(5, (await running).TokenIds.Count);
        Assert.Equal(5, (await next).TokenIds.Count);
        engine.AssertClean();
    }

    [Theory]
    [InlineData(1, "in prefill")]
    [InlineData(4, "in decode")]
    public async Task Cancel_Running_FreesItsBlocksWithinAStep(int stepCount, string phase)
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 16));
        using var cancellation = new CancellationTokenSource();
        Task<Generation> other = engine.Generate(TestEngine.Request(promptLength: 1, maxTokens: 20));
        GenerationRequest request = TestEngine.Request(promptLength: 40, maxTokens: 20);
        Task<Generation> cancelled = engine.Generate(request, cancellation.Token);
        for (int i = 0; i < stepCount; i++)
        {
            engine.Step();
        }

        Assert.Equal(2 + 4, engine.Snapshot.UsedBlockCount);
        await cancellation.CancelAsync();
        engine.Step();

        Assert.Equal(2, engine.Snapshot.UsedBlockCount);
        Assert.Equal([1], engine.Runner.Steps[^1]);
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.True(cancellation.Token == exception.CancellationToken, phase);
        engine.StepUntilIdle();
        Assert.Equal(20, (await other).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Cancel_QueuedSeveral_LeavesTheQueueWithinAStep()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 4, queued: 1));
        Task<Generation> running = engine.Generate(TestEngine.Request());
        engine.Step();
        using var cancellation = new CancellationTokenSource();
        Task<Generation[]> queued = engine.GenerateAll(
            TestEngine.Request() with { SequenceCount = 4 }, cancellation.Token);
        engine.Step();
        Assert.Equal((1, 1), (engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));

        await cancellation.CancelAsync();
        engine.Step();

        Assert.Equal((1, 0), (engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Task<Generation> next = engine.Generate(TestEngine.Request());
        engine.StepUntilIdle();
        Assert.Equal(10, (await running).TokenIds.Count + (await next).TokenIds.Count);
        engine.AssertClean();
    }

    // Chunks of 15, 15 and 10 tokens beside the other's one, then decode.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Cancel_RunningSeveral_FreesAllWithinAStep(int stepCount)
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 5, tokensPerStep: 16));
        Task<Generation> other = engine.Generate(TestEngine.Request(promptLength: 1, maxTokens: 16));
        engine.Step();
        using var cancellation = new CancellationTokenSource();
        GenerationRequest request = TestEngine.Request(promptLength: 40, maxTokens: 50) with { SequenceCount = 4 };
        Task<Generation[]> cancelled = engine.GenerateAll(request, cancellation.Token);
        for (int i = 0; i < stepCount; i++)
        {
            engine.Step();
            Assert.Equal(1 + 6 + (3 * 4), engine.Snapshot.UsedBlockCount);
            Assert.Equal(5, engine.Snapshot.RunningCount);
        }

        await cancellation.CancelAsync();
        engine.Step();

        Assert.Equal((1, 1), (engine.Snapshot.UsedBlockCount, engine.Snapshot.RunningCount));
        Assert.Equal([1], engine.Runner.Steps[^1]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        engine.StepUntilIdle();
        Assert.Equal(16, (await other).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Cancel_BlocksOfACachedPrefix_StayForTheOthers()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength: 40, maxTokens: 20);
        Task<Generation> first = engine.Generate(request);
        engine.Step();
        engine.Step();
        using var cancellation = new CancellationTokenSource();
        Task<Generation> second = engine.Generate(request, cancellation.Token);
        engine.Step();
        Assert.Equal(4 + 2, engine.Snapshot.UsedBlockCount);

        await cancellation.CancelAsync();
        engine.Step();

        Assert.Equal(4, engine.Snapshot.UsedBlockCount);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        engine.StepUntilIdle();
        Assert.Equal(20, (await first).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Dispose_EnumeratorBeforeTheEnd_FreesItsBlocksWithinAStep()
    {
        await using var engine = new TestEngine();
        IAsyncEnumerator<TokenOutput> outputs =
            engine.Engine.GenerateAsync(TestEngine.Request(), CancellationToken.None).GetAsyncEnumerator();
        ValueTask<bool> first = outputs.MoveNextAsync();
        engine.Step();
        Assert.True(await first);
        Assert.Equal(1, engine.Snapshot.RunningCount);

        await outputs.DisposeAsync();
        engine.Step();

        engine.AssertClean();
    }

    [Fact]
    public async Task Cancel_BeforeTheFirstStep_IsNeverComputed()
    {
        await using var engine = new TestEngine();
        using var cancellation = new CancellationTokenSource();
        Task<Generation> generation = engine.Generate(TestEngine.Request(), cancellation.Token);

        await cancellation.CancelAsync();
        engine.StepUntilIdle();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generation);
        Assert.Empty(engine.Runner.Steps);
        engine.AssertClean();
    }

    [Fact]
    public async Task Cancel_BeforeSubmission_SubmitsNothing()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(queued: 1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => engine.Generate(TestEngine.Request(), new CancellationToken(canceled: true)));

        engine.Step();
        Assert.Equal(0, engine.Snapshot.StepCount);
    }

    [Fact]
    public async Task Cancel_AfterTheEnd_ChangesNothing()
    {
        await using var engine = new TestEngine();
        using var cancellation = new CancellationTokenSource();
        Task<Generation> generation = engine.Generate(TestEngine.Request(), cancellation.Token);
        engine.StepUntilIdle();
        await generation;

        await cancellation.CancelAsync();
        engine.StepUntilIdle();

        engine.AssertClean();
    }
}
