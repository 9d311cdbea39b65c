using Laser.Serve.Metrics;
using Polly;

namespace Laser.Serve.Hosting;

/// <summary>
/// Loads the model of an engine again whose device was lost. That is given up when all tries have failed, when one takes
/// for ever, or when the device is lost too often.
/// </summary>
internal sealed partial class EngineRecovery
{
    // A driver that hangs says nothing. Whoever restarts servers would never hear of it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private readonly ModelLoader _loader;
    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly DeviceMetrics _metrics;
    private readonly ILogger<EngineGuard> _logger;
    private readonly ServedModel _model;
    private readonly int _index;
    private readonly ModelOptions _device;
    private readonly ResiliencePipeline _pipeline;
    private readonly RecentLosses _losses;

    public EngineRecovery(
        ModelLoader loader,
        ServerOptions options,
        TimeProvider time,
        DeviceMetrics metrics,
        ILogger<EngineGuard> logger,
        ServedModel model,
        int index)
    {
        _loader = loader;
        _options = options;
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _model = model;
        _index = index;
        _device = model.DeviceOf(index);
        int attempts = options.Engine.RecoveryAttempts;
        _losses = new RecentLosses(attempts, time);
        _pipeline = RecoveryPipeline.Create(
            attempts,
            time,
            (attempt, e, delay) => LogNotYet(_device.Device, attempt, attempts, e.Message, delay.TotalSeconds));
    }

    /// <summary>Frees the old engine and puts a new one in its place; false if there is none.</summary>
    /// <param name="failure">The loss.</param>
    /// <param name="stopping">Lets no new try begin.</param>
    public async Task<bool> TryAsync(Exception failure, CancellationToken stopping)
    {
        try
        {
            long start = _time.GetTimestamp();
            LogLost(_index, _device.Device, failure.Message);
            Task freeing = Task.Run(() => _model.FreeAsync(_index).AsTask(), CancellationToken.None);
            await freeing.WaitAsync(Limit, _time, CancellationToken.None);
            if (!_losses.TryAdd())
            {
                int limit = _options.Engine.RecoveryAttempts;
                throw new InvalidOperationException(
                    $"It was lost more than {limit} times in {RecentLosses.Window.TotalMinutes} minutes.");
            }

            _model.Replace(_index, await _pipeline.ExecuteAsync(LoadAsync, stopping));
            LogRecovered(_index, _device.Device, _time.GetElapsedTime(start).TotalSeconds);
            _metrics.RecoveryEnded(isRecovered: true);
            return true;
        }
        catch (Exception e)
        {
            if (!stopping.IsCancellationRequested)
            {
                LogGivenUp(_index, _device.Device, e.Message, e);
                _metrics.RecoveryEnded(isRecovered: false);
            }

            return false;
        }
    }

    private async ValueTask<LoadedEngine> LoadAsync(CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        Task<LoadedEngine> loading = Task.Run(() => _loader.LoadEngine(_options, _device), CancellationToken.None);
        try
        {
            return await loading.WaitAsync(Limit, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _ = FreeLateAsync(loading);
            throw;
        }
    }

    private static async Task FreeLateAsync(Task<LoadedEngine> loading)
    {
        LoadedEngine late = await loading;
        await late.DisposeAsync();
    }

    [LoggerMessage(EventId = 21, Level = LogLevel.Error, Message =
        "Engine {Engine} lost its device ({Device}), and with it what ran there; loading the model again: {Reason}")]
    private partial void LogLost(int engine, string device, string reason);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message =
        "Try {Attempt} of {Attempts} to load the model again ({Device}) failed, the next is in {Seconds:0.0} s: {Reason}")]
    private partial void LogNotYet(string device, int attempt, int attempts, string reason, double seconds);

    [LoggerMessage(EventId = 23, Level = LogLevel.Warning, Message =
        "Engine {Engine} serves again, {Seconds:0.0} s after its device ({Device}) was lost")]
    private partial void LogRecovered(int engine, string device, double seconds);

    [LoggerMessage(EventId = 24, Level = LogLevel.Critical, Message =
        "Engine {Engine} serves no more, its device ({Device}) is given up: {Reason}")]
    private partial void LogGivenUp(int engine, string device, string reason, Exception exception);
}
