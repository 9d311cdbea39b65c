using System.Runtime.CompilerServices;
using Grpc.Core;
using Laser.Cli.Bench;
using Laser.Serve.Simulation.Load;
using Laser.Serve.V1;
using Microsoft.Extensions.Time.Testing;
using static Laser.Cli.Tests.Bench.Calls;

namespace Laser.Cli.Tests.Bench;

public class LevelRunnerTests
{
    private static readonly LoadOptions Load = new()
    {
        RequestCount = 20,
        Arrivals = ArrivalProcess.Parse("even"),
        PromptLength = LengthDistribution.Parse("4"),
        OutputLength = LengthDistribution.Parse("1"),
    };

    private readonly JumpingClock _clock = new();
    private int _started;

    [Fact]
    public async Task Run_OpenLoop_SendsWhateverBecomesOfTheOthers()
    {
        var allSent = new TaskCompletionSource();

        async IAsyncEnumerable<GenerateResponse> AnswerWhenAllAreSent(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _started) == Load.RequestCount)
            {
                allSent.SetResult();
            }

            await allSent.Task.WaitAsync(cancellationToken);
            yield return Last(1);
        }

        LevelResult result = await RunAsync(LoadMode.Rate, 10, AnswerWhenAllAreSent, _clock);

        Assert.Equal((20L, 20L), (result.Finished, result.MostInFlight));
        Assert.InRange(result.Seconds, 2.0, 2.01);
    }

    [Fact]
    public async Task Run_OpenLoopAndLateClient_CountsFromTheIntendedTime()
    {
        var late = TimeSpan.FromMilliseconds(50);

        // Each wait ends 50 ms late, so no second request can be sent before the first one's lateness has grown.
        LevelResult result = await RunAsync(LoadMode.Rate, 10, AnswerAtOnce, new JumpingClock(late));

        Assert.Equal((20L, 20L), (result.Finished, result.Late));
        Assert.True(result.Ttft.Median >= 0.05 && result.Total.Median >= 0.05, $"{result.Ttft}");
    }

    [Fact]
    public async Task Run_OpenLoopWithDuration_SendsWhatComesWithinIt()
    {
        LevelResult result = await RunAsync(
            LoadMode.Rate, 10, AnswerAtOnce, _clock, duration: TimeSpan.FromSeconds(1.05));

        Assert.Equal(10, result.Requests);
    }

    [Fact]
    public async Task Run_ClosedLoop_KeepsSoManyUnderWay()
    {
        const int Clients = 4;
        var allClients = new TaskCompletionSource();

        async IAsyncEnumerable<GenerateResponse> AnswerWhenAllClientsAskedOnce(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _started) == Clients)
            {
                allClients.SetResult();
            }

            await allClients.Task.WaitAsync(cancellationToken);
            yield return Last(1);
        }

        LevelResult result = await RunAsync(LoadMode.Concurrency, Clients, AnswerWhenAllClientsAskedOnce, _clock);

        Assert.Equal((20L, 4L), (result.Finished, result.MostInFlight));
    }

    [Fact]
    public async Task Run_ClosedLoopWithDuration_EndsWithTheCallsThatRun()
    {
        async IAsyncEnumerable<GenerateResponse> AnswerAfterThreeTenths(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            _clock.Advance(TimeSpan.FromSeconds(0.3));
            yield return Last(1);
        }

        LevelResult result = await RunAsync(
            LoadMode.Concurrency, 1, AnswerAfterThreeTenths, _clock, duration: TimeSpan.FromSeconds(1));

        Assert.Equal((4L, 1.2), (result.Finished, result.Seconds));
        Assert.Equal((0.3, 0.3), (result.Ttft.Median, result.Total.Max));
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 10)]
    public async Task Run_Refusals_AreNotTriedAgain(bool open, double value)
    {
        async IAsyncEnumerable<GenerateResponse> Refuse(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            int number = Interlocked.Increment(ref _started);
            yield return number % 2 == 0
                ? Last(1)
                : throw new RpcException(new Status(StatusCode.ResourceExhausted, "The queue is full."));
        }

        LevelResult result = await RunAsync(open ? LoadMode.Rate : LoadMode.Concurrency, value, Refuse, _clock);

        Assert.Equal(20, _started);
        Assert.Equal((20L, 10L, 10L), (result.Requests, result.Finished, result.Failures["RESOURCE_EXHAUSTED"].Count));
    }

    [Fact]
    public async Task Run_Interrupted_KeepsWhatThereIs()
    {
        using var interrupt = new CancellationTokenSource();

        async IAsyncEnumerable<GenerateResponse> AnswerTwoThenInterrupt(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _started) == 3)
            {
                await interrupt.CancelAsync();
                throw new RpcException(new Status(StatusCode.Cancelled, "Cancelled by the client."));
            }

            yield return Last(1);
        }

        LevelResult result = await RunAsync(
            LoadMode.Concurrency, 1, AnswerTwoThenInterrupt, _clock, interrupted: interrupt.Token);

        Assert.True(result.Interrupted);
        Assert.Equal((3L, 2L, 1L, 0L), (result.Requests, result.Finished, result.Unfinished, result.Failed));
    }

    [Fact]
    public async Task Run_ClientsThatGiveUp_AreNoFailures()
    {
        async IAsyncEnumerable<GenerateResponse> WaitForCancellation(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield break;
        }

        LevelResult result = await RunAsync(
            LoadMode.Concurrency, 2, WaitForCancellation, _clock, load: Load with { CancelShare = 1 });

        Assert.Equal((20L, 20L, 0L), (result.Requests, result.Cancelled, result.Failed));
    }

    private static async IAsyncEnumerable<GenerateResponse> AnswerAtOnce(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield return Last(1);
    }

    private static Task<LevelResult> RunAsync(
        LoadMode mode,
        double value,
        GenerateCall generate,
        FakeTimeProvider clock,
        TimeSpan? duration = null,
        LoadOptions? load = null,
        CancellationToken interrupted = default)
    {
        var level = new BenchLevel(mode, value);
        var settings = new BenchSettings { Levels = [level], Load = load ?? Load, Duration = duration };
        var runner = new LevelRunner(
            level, settings, new Caller(generate, 1, clock), new RequestBuilder(settings, "salt"), clock);
        return runner.RunAsync(interrupted);
    }
}
