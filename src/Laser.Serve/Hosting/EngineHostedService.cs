using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Hosting;

/// <summary>The life of the served model: load while the sockets already answer, serve, drain, free.</summary>
internal sealed partial class EngineHostedService(
    ModelLoader loader,
    ModelState state,
    ServerOptions options,
    IHostApplicationLifetime lifetime,
    ILogger<EngineHostedService> logger)
    : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // The sockets first: probes and early callers are answered while the model loads.
            await Started(stoppingToken);
            ServedModel model = await Task.Run(() => loader.Load(options), stoppingToken);
            state.Ready(model);
            LogServing(
                model.Name,
                model.CacheLayout.Attention.Variant.ToString().ToUpperInvariant(),
                model.ParameterCount / 1e6,
                model.WeightType,
                model.Device,
                model.ContextLength,
                model.CacheLayout.TokenCapacity);
        }
        catch (Exception e) when (e is CheckpointException or TokenizerException or ArgumentException
            or InsufficientMemoryException or InvalidDataException)
        {
            // What the operator can mend: one line says what. Anything else is a bug and comes with its stack.
            LogCannotLoad(e.Message);
            state.Fail(e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        state.Drain();
        await base.StopAsync(cancellationToken);
        if (state.Loaded.IsCompletedSuccessfully)
        {
            ServedModel model = await state.Loaded;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(options.DrainSeconds));
            await model.Engine.DrainAsync(limit.Token);
            await model.DisposeAsync();
        }
    }

    private Task Started(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStarted.Register(started.SetResult);
        return started.Task.WaitAsync(stoppingToken);
    }

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message =
        "Serving {Name}: {Attention}, {Parameters:0.0} M parameters in {WeightType}, on {Device}; "
        + "context {Context}, cache {CacheTokens} tokens")]
    private partial void LogServing(
        string name, string attention, double parameters, string weightType, string device, int context,
        long cacheTokens);

    [LoggerMessage(EventId = 4, Level = LogLevel.Critical, Message = "Cannot serve: {Reason}")]
    private partial void LogCannotLoad(string reason);
}
