using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Running;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>Sends the requests of a level and waits for all of them.</summary>
/// <param name="level">The level.</param>
/// <param name="settings">What is sent.</param>
/// <param name="caller">Sends it.</param>
/// <param name="builder">Makes messages.</param>
/// <param name="time">The clock.</param>
internal sealed class LevelRunner(
    BenchLevel level, BenchSettings settings, Caller caller, RequestBuilder builder, TimeProvider time)
{
    // A client whose call failed before it had a token waits so long, or a server that refuses would get them in a
    // tight loop.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _duration = settings.Duration ?? TimeSpan.MaxValue;

    /// <summary>What has been counted so far.</summary>
    public LevelTally Tally { get; } = new(settings.Slo, time);

    /// <summary>Runs the level; being interrupted ends it with what there is.</summary>
    /// <param name="interrupted">Cancelled when the bench is stopped.</param>
    public async Task<LevelResult> RunAsync(CancellationToken interrupted)
    {
        TimeSpan processorBefore = Environment.CpuUsage.TotalTime;
        DateTimeOffset started = time.GetUtcNow();
        long start = time.GetTimestamp();
        Task sending = level.Mode == LoadMode.Rate
            ? SendByClockAsync(start, interrupted)
            : SendByAnswersAsync(start, interrupted);
        await sending.ConfigureAwait(false);
        return Tally.Result(
            level,
            started,
            time.GetElapsedTime(start),
            Environment.CpuUsage.TotalTime - processorBefore,
            interrupted.IsCancellationRequested);
    }

    private async Task SendByClockAsync(long start, CancellationToken interrupted)
    {
        List<Task> calls = [];
        foreach (PlannedRequest planned in new RequestTrace(settings.Load).At(level.Value))
        {
            TimeSpan arrival = TimeSpan.FromSeconds(SimulatedClock.ToSeconds(planned.Arrival));
            if (arrival > _duration)
            {
                break;
            }

            // Made before the wait, so that making it does not make it late.
            GenerateRequest request = builder.Create(planned);
            long intended = start + (long)(arrival.TotalSeconds * time.TimestampFrequency);
            await WaitAsync(time.GetElapsedTime(time.GetTimestamp(), intended), interrupted).ConfigureAwait(false);
            if (interrupted.IsCancellationRequested)
            {
                break;
            }

            calls.Add(Task.Run(() => CallAsync(request, planned, intended, interrupted), CancellationToken.None));
        }

        await Task.WhenAll(calls).ConfigureAwait(false);
    }

    private async Task SendByAnswersAsync(long start, CancellationToken interrupted)
    {
        using IEnumerator<PlannedRequest> trace = new RequestTrace(settings.Load).At(1).GetEnumerator();
        IEnumerable<Task> clients = Enumerable.Range(0, (int)level.Value)
            .Select(_ => Task.Run(ClientAsync, CancellationToken.None));
        await Task.WhenAll(clients).ConfigureAwait(false);

        async Task ClientAsync()
        {
            while (!interrupted.IsCancellationRequested && time.GetElapsedTime(start) < _duration
                && Next(trace) is { } planned)
            {
                GenerateRequest request = builder.Create(planned);
                CallRecord call = await CallAsync(request, planned, time.GetTimestamp(), interrupted)
                    .ConfigureAwait(false);
                if (call is { End: CallEnd.Failed, FirstToken: null })
                {
                    await WaitAsync(PauseAfterFailure, interrupted).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<CallRecord> CallAsync(
        GenerateRequest request, PlannedRequest planned, long intended, CancellationToken interrupted)
    {
        Tally.Starting();
        CallRecord call = await caller.CallAsync(request, planned, intended, interrupted).ConfigureAwait(false);
        Tally.Ended(call);
        return call;
    }

    private static PlannedRequest? Next(IEnumerator<PlannedRequest> trace)
    {
        lock (trace)
        {
            return trace.MoveNext() ? trace.Current : null;
        }
    }

    private async Task WaitAsync(TimeSpan delay, CancellationToken interrupted)
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, time, interrupted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
