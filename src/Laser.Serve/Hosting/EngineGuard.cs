using Laser.Serve.Compute;
using Laser.Serve.Engine;
using Laser.Serve.Metrics;
using Polly;

namespace Laser.Serve.Hosting;

/// <summary>
/// Waits for engines that end unasked. Without its device a model is loaded again, while the server is RECOVERING; any other
/// error, or a device that does not come back or is lost too often, is the end (FAILED).
/// </summary>
internal sealed partial class EngineGuard : IDisposable
{
    private readonly ModelLoader _loader;
    private readonly ModelState _state;
    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly RecoveryMetrics _metrics;
    private readonly ILogger<EngineGuard> _logger;
    private readonly ResiliencePipeline _pipeline;
    private readonly RecentLosses _losses;
    private readonly CancellationTokenSource _stopping = new();

    // Held while a model is loaded again.
    private readonly SemaphoreSlim _turn = new(1);

    public EngineGuard(
        ModelLoader loader,
        ModelState state,
        ServerOptions options,
        TimeProvider time,
        RecoveryMetrics metrics,
        ILogger<EngineGuard> logger)
    {
        _loader = loader;
        _state = state;
        _options = options;
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _pipeline = RecoveryPipeline.Create(
            options.Engine.RecoveryAttempts,
            time,
            (attempt, e, delay) => LogNotYet(attempt, options.Engine.RecoveryAttempts, e.Message, delay.TotalSeconds));
        _losses = new RecentLosses(options.Engine.RecoveryAttempts, time);
    }

    /// <summary>Watches over a model until its engine is told to end, or has failed for good.</summary>
    public async Task WatchAsync(ServedModel model)
    {
        InferenceEngine engine;
        do
        {
            engine = model.Engine;
            await engine.Ended;
        }
        while (engine.Snapshot.Status == EngineStatus.Failed && await TryRecoverAsync(model, engine.Failure));
    }

    /// <summary>Lets no new try begin, and waits for one in progress. To be called when the server drains.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _turn.WaitAsync(cancellationToken);
        _turn.Release();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stopping.Dispose();
        _turn.Dispose();
    }

    private async Task<bool> TryRecoverAsync(ServedModel model, Exception? failure)
    {
        if (failure is not DeviceLostException || _options.Engine.RecoveryAttempts == 0)
        {
            _state.EngineFailed();
            return false;
        }

        await _turn.WaitAsync();
        try
        {
            return _state.BeginRecovery() && await RecoverAsync(model, failure);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> RecoverAsync(ServedModel model, Exception failure)
    {
        try
        {
            long start = _time.GetTimestamp();
            LogLost(failure.Message);
            await model.FreeAsync();
            if (!_losses.TryAdd())
            {
                int limit = _options.Engine.RecoveryAttempts;
                throw new InvalidOperationException(
                    $"It was lost more than {limit} times in {RecentLosses.Window.TotalMinutes} minutes.");
            }

            model.Replace(await _pipeline.ExecuteAsync(Load, _stopping.Token));
            LogRecovered(_time.GetElapsedTime(start).TotalSeconds);
            _metrics.Ended(isRecovered: true);
            _state.EndRecovery();
            return true;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            LogGivenUp(e.Message, e);
            _metrics.Ended(isRecovered: false);
            _state.EngineFailed();
            return false;
        }
    }

    private ValueTask<LoadedEngine> Load(CancellationToken cancellationToken) => new(_loader.LoadEngine(_options));

    [LoggerMessage(EventId = 21, Level = LogLevel.Error, Message =
        "The device was lost, and with it what ran; not serving until the model is loaded again: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message =
        "Try {Attempt} of {Attempts} to load the model again failed, the next is in {Seconds:0.0} s: {Reason}")]
    private partial void LogNotYet(int attempt, int attempts, string reason, double seconds);

    [LoggerMessage(EventId = 23, Level = LogLevel.Warning, Message =
        "Serving again, {Seconds:0.0} s after the device was lost")]
    private partial void LogRecovered(double seconds);

    [LoggerMessage(EventId = 24, Level = LogLevel.Critical, Message = "The lost device is given up: {Reason}")]
    private partial void LogGivenUp(string reason, Exception exception);
}
