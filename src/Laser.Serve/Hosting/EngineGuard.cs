using Laser.Serve.Compute;
using Laser.Serve.Engine;
using Laser.Serve.Metrics;

namespace Laser.Serve.Hosting;

/// <summary>
/// Waits for engines that end unasked. One whose device was lost gets it back, if that can be done; any other error is its
/// end. The server serves as long as one engine does, is RECOVERING while one may come back, and else has FAILED.
/// </summary>
internal sealed class EngineGuard(
    ModelLoader loader,
    ModelState state,
    ServerOptions options,
    TimeProvider time,
    DeviceMetrics metrics,
    ILogger<EngineGuard> logger)
    : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private EngineStanding[] _standings = [];
    private Task[] _recoveries = [];
    private bool _isStopping;

    /// <summary>Watches over a model until its engines are told to end, or have failed for good.</summary>
    public Task WatchAsync(ServedModel model)
    {
        int count = model.Engine.Engines.Count;
        lock (_lock)
        {
            _standings = new EngineStanding[count];
            _recoveries = [.. Enumerable.Repeat(Task.CompletedTask, count)];
            for (int i = 0; i < count; i++)
            {
                metrics.Stands(i, model.DeviceOf(i).Device, serves: true);
            }
        }

        return Task.WhenAll(Enumerable.Range(0, count).Select(index => WatchAsync(model, index)));
    }

    /// <summary>Lets no new try begin, and waits for those in progress. To be called when the server drains.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] recoveries;
        lock (_lock)
        {
            _isStopping = true;
            recoveries = [.. _recoveries];
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(recoveries).WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    private async Task WatchAsync(ServedModel model, int index)
    {
        var recovery = new EngineRecovery(loader, options, time, metrics, logger, model, index);
        InferenceEngine engine;
        EngineStanding standing;
        do
        {
            engine = model.Engine.Engines[index];
            await engine.Ended;
            if (engine.Snapshot.Status != EngineStatus.Failed)
            {
                return;
            }

            bool isBack = engine.Failure is DeviceLostException lost
                && options.Engine.RecoveryAttempts > 0
                && await RecoverAsync(recovery, lost, model, index);
            standing = isBack ? EngineStanding.Serving : EngineStanding.Failed;
        }
        while (TryStand(model, index, standing) && standing == EngineStanding.Serving);
    }

    private Task<bool> RecoverAsync(EngineRecovery recovery, DeviceLostException lost, ServedModel model, int index)
    {
        lock (_lock)
        {
            if (!TryStand(model, index, EngineStanding.Recovering))
            {
                return Task.FromResult(false);
            }

            Task<bool> running = Task.Run(() => recovery.TryAsync(lost, _stopping.Token));
            _recoveries[index] = running;
            return running;
        }
    }

    // False if the server is stopping: it stands where it stands.
    private bool TryStand(ServedModel model, int index, EngineStanding standing)
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                return false;
            }

            _standings[index] = standing;
            metrics.Stands(index, model.DeviceOf(index).Device, standing == EngineStanding.Serving);
            if (_standings.Contains(EngineStanding.Serving))
            {
                state.EndRecovery();
            }
            else if (_standings.Contains(EngineStanding.Recovering))
            {
                state.BeginRecovery();
            }
            else
            {
                state.EngineFailed();
            }

            return true;
        }
    }
}
