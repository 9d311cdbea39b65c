using Laser.Serve.Engine;
using Laser.Serve.Engine.Balancing;

namespace Laser.Serve.Hosting;

/// <summary>
/// Looks at the engines once a second, from outside of their threads. When one has work and completes no step for
/// <see cref="EngineOptions.StallSeconds"/> the server is stalled, and serves again when a step completes or nothing is
/// left to do.
/// </summary>
internal sealed partial class StallWatchdog(
    ModelState state, ServerOptions options, TimeProvider time, ILogger<StallWatchdog> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TimeSpan _limit = TimeSpan.FromSeconds(options.Engine.StallSeconds);
    private OwedStep[] _steps = [];
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

    private void Look(EngineGroup group, TimeSpan sinceLastLook)
    {
        IReadOnlyList<InferenceEngine> engines = group.Engines;
        if (_steps.Length != engines.Count)
        {
            _steps = [.. engines.Select(_ => new OwedStep(Period))];
        }

        // One is enough: what hangs there is not to be had back by others.
        TimeSpan owed = engines.Zip(_steps, (engine, step) => Look(engine, step, sinceLastLook)).Max();
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
            LogStalled(owed.TotalSeconds, group.Snapshot.RunningCount, group.WaitingCount);
        }
    }

    private static TimeSpan Look(InferenceEngine engine, OwedStep step, TimeSpan sinceLastLook)
    {
        EngineSnapshot snapshot = engine.Snapshot;
        bool hasWork = snapshot.RunningCount + engine.WaitingCount > 0;
        return step.Look(snapshot.StepCount, hasWork, sinceLastLook);
    }

    [LoggerMessage(EventId = 18, Level = LogLevel.Critical, Message =
        "No step was completed for {Seconds:0} s while {Running} sequences run and {Waiting} requests wait; "
        + "not serving until one is")]
    private partial void LogStalled(double seconds, int running, int waiting);

    [LoggerMessage(EventId = 19, Level = LogLevel.Warning, Message =
        "Serving again, after {Seconds:0} s without a step")]
    private partial void LogResumed(double seconds);
}
