using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Hosting;

/// <summary>
/// The life of the served model: load once the sockets answer, serve (<see cref="EngineGuard"/> sees to it), drain while they
/// still do (new calls get UNAVAILABLE, the readiness probe 503), free when they are closed.
/// </summary>
internal sealed partial class EngineHostedService(
    ModelLoader loader,
    EngineGuard guard,
    ModelState state,
    ServerOptions options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<EngineHostedService> logger)
    : IHostedLifecycleService
{
    // How long the step in progress may take when nothing is waited for any more.
    private static readonly TimeSpan LastStepLimit = TimeSpan.FromSeconds(5);

    private Task _loading = Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _loading = Task.Run(LoadAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.Drain();
        await _loading.WaitAsync(cancellationToken);
        await guard.StopAsync(cancellationToken);
        if (state.Loaded.IsCompletedSuccessfully)
        {
            await DrainAsync(await state.Loaded, cancellationToken);
        }

        state.Close();
    }

    /// <inheritdoc />
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // A step that never ends may still touch weights and cache; they end with the process.
        if (state.Loaded.IsCompletedSuccessfully && state.Loaded.Result.Engine.Ended.IsCompleted)
        {
            await (await state.Loaded).DisposeAsync();
        }
    }

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainAsync(ServedModel model, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(options.DrainSeconds));
        try
        {
            await model.Engine.DrainAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            LogDrainLimit(options.DrainSeconds, model.Engine.Snapshot.RunningCount + model.Engine.Snapshot.WaitingCount);
            await AbortAsync(model);
        }
    }

    private async Task AbortAsync(ServedModel model)
    {
        try
        {
            await model.Engine.DisposeAsync().AsTask().WaitAsync(LastStepLimit, time);
        }
        catch (TimeoutException)
        {
            LogStuck(LastStepLimit.TotalSeconds);
        }
    }

    private async Task LoadAsync()
    {
        try
        {
            if (BackendFactory.WhyCpu(options.Model) is string reason)
            {
                LogChoseCpu(reason);
            }

            ServedModel model = await loader.LoadAsync(options);
            LogServing(
                model.Name,
                model.CacheLayout.Attention.Variant.ToString().ToUpperInvariant(),
                model.ParameterCount / 1e6,
                model.WeightType,
                model.Device,
                model.ContextLength,
                model.CacheTokenCapacity);
            state.Ready(model);
            _ = guard.WatchAsync(model);
        }
        catch (Exception e)
        {
            // What the operator can mend needs one line; anything else is a bug and comes with its stack.
            bool mendable = e is CheckpointException or TokenizerException or ArgumentException
                or InsufficientMemoryException or InvalidDataException;
            LogCannotServe(e.Message, mendable ? null : e);
            state.Fail(e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message =
        "Serving {Name}: {Attention}, {Parameters:0.0} M parameters in {WeightType}, on {Device}; "
        + "context {Context}, cache {CacheTokens} tokens")]
    private partial void LogServing(
        string name, string attention, double parameters, string weightType, string device, int context,
        long cacheTokens);

    [LoggerMessage(EventId = 25, Level = LogLevel.Information, Message = "Computing on the processor. {Reason}")]
    private partial void LogChoseCpu(string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Critical, Message = "Cannot serve: {Reason}")]
    private partial void LogCannotServe(string reason, Exception? exception);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message =
        "{Count} requests were not done after {Seconds} s of draining and were ended")]
    private partial void LogDrainLimit(int seconds, int count);

    [LoggerMessage(EventId = 20, Level = LogLevel.Critical, Message =
        "The step in progress did not end within {Seconds} s; the server ends without it")]
    private partial void LogStuck(double seconds);
}
