using Laser.Serve.Hosting;
using Microsoft.Extensions.Time.Testing;
using Polly;

namespace Laser.Serve.Tests.Hosting;

public class RecoveryPipelineTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<(int Attempt, string Reason, TimeSpan Delay)> _failed = [];
    private int _tries;

    [Fact]
    public async Task Execute_NeverSucceeds_TriesSoOftenAndThrowsTheLastError()
    {
        Exception e = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(attempts: 5, failures: 99));

        Assert.Equal("try 5", e.Message);
        Assert.Equal([(1, "try 1"), (2, "try 2"), (3, "try 3"), (4, "try 4")], _failed.Select(f => (f.Attempt, f.Reason)));
        Assert.All(_failed, f => Assert.InRange(f.Delay, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Execute_SucceedsInTheEnd_GivesTheResult() => Assert.Equal(3, await RunAsync(attempts: 5, failures: 2));

    [Fact]
    public async Task Execute_OneAttempt_IsNotRepeated()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(attempts: 1, failures: 1));

        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task Execute_TryDoesNotEndInTime_IsNotRepeated()
    {
        ResiliencePipeline pipeline = RecoveryPipeline.Create(5, _time, (_, _, _) => _tries++);

        await Assert.ThrowsAsync<TimeoutException>(
            () => pipeline.ExecuteAsync(ValueTask<int> (_) => throw new TimeoutException()).AsTask());

        Assert.Equal(0, _tries);
    }

    [Fact]
    public async Task Execute_CancelledBetweenTwoTries_Ends()
    {
        using var stop = new CancellationTokenSource();
        ResiliencePipeline pipeline = RecoveryPipeline.Create(5, _time, (_, _, _) => stop.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pipeline.ExecuteAsync(_ => Try(failures: 99), stop.Token).AsTask());

        Assert.Equal(1, _tries);
    }

    private async Task<int> RunAsync(int attempts, int failures)
    {
        ResiliencePipeline pipeline = RecoveryPipeline.Create(
            attempts, _time, (attempt, e, delay) => _failed.Add((attempt, e.Message, delay)));
        Task<int> run = pipeline.ExecuteAsync(_ => Try(failures)).AsTask();
        while (!run.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await run;
    }

    private ValueTask<int> Try(int failures) =>
        ++_tries <= failures ? throw new InvalidOperationException($"try {_tries}") : ValueTask.FromResult(_tries);
}
