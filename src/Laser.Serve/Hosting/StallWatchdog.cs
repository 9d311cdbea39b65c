using Laser.Serve.Engine;

namespace Laser.Serve.Hosting;

/// <summary>
/// Looks at the engine once a second, from outside of its thread. When it has work and completes no step for
/// <see cref="EngineOptions.StallSeconds"/> the server is stalled, and serves again when a step completes or nothing is
/// left to do.
/// </summary>
internal sealed partial class StallWatchdog(
    ModelState state, ServerOptions options, TimeProvider time, ILogger<StallWatchdog> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly OwedStep _step = new(Period);
    private readonly TimeSpan _limit = TimeSpan.FromSeconds(options.Engine.StallSeconds);
    private ITimer? _timer;
    private long _lastLook = time.GetTimestamp();
    private TimeSpan _stalledFor;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_limit > TimeSpan.Zero)
        {
            _timer = time.CreateTimer(_ => Look(), state: null, Period, Period);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            TimeSpan sinceLastLook = time.GetElapsedTime(_lastLook);
            _lastLook = time.GetTimestamp();
            if (state.Loaded.IsCompletedSuccessfully)
            {
                Look(state.Loaded.Result.Engine, sinceLastLook);
            }
        }
    }

    private void Look(InferenceEngine engine, TimeSpan sinceLastLook)
    {
        EngineSnapshot snapshot = engine.Snapshot;
        int waiting = engine.WaitingCount;
        TimeSpan owed = _step.Look(snapshot.StepCount, snapshot.RunningCount + waiting > 0, sinceLastLook);
        if (owed < _limit)
        {
            if (state.Resume())
            {
                LogResumed(_stalledFor.TotalSeconds);
            }

            return;
        }

        _stalledFor = owed;
        if (state.Stall())
        {
            LogStalled(owed.TotalSeconds, snapshot.RunningCount, waiting);
        }
    }

    [LoggerMessage(EventId = 18, Level = LogLevel.Critical, Message =
        "No step was completed for {Seconds:0} s while {Running} sequences run and {Waiting} requests wait; "
        + "not serving until one is")]
    private partial void LogStalled(double seconds, int running, int waiting);

    [LoggerMessage(EventId = 19, Level = LogLevel.Warning, Message =
        "Serving again, after {Seconds:0} s without a step")]
    private partial void LogResumed(double seconds);
}
