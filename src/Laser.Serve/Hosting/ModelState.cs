using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Hosting;

/// <summary>
/// The served model as the services see it: loading, ready or draining. The only state the services share.
/// </summary>
public sealed class ModelState
{
    // About the time that loading, or finding another instance, takes.
    private static readonly TimeSpan RetryElsewhere = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<ServedModel> _loaded =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile bool _draining;

    /// <summary>Ends when the model is loaded; fails if it cannot be.</summary>
    public Task<ServedModel> Loaded => _loaded.Task;

    /// <summary>Whether requests are taken.</summary>
    public bool IsReady => Loaded.IsCompletedSuccessfully && !_draining;

    /// <summary>Opens the door.</summary>
    internal void Ready(ServedModel model) => _loaded.TrySetResult(model);

    /// <summary>The model cannot be loaded.</summary>
    internal void Fail(Exception reason) => _loaded.TrySetException(reason);

    /// <summary>Closes the door; what runs goes on.</summary>
    internal void Drain() => _draining = true;

    /// <summary>The model, by name or (empty) as the only one there is.</summary>
    /// <exception cref="RpcException">UNAVAILABLE while loading or draining, NOT_FOUND for another name.</exception>
    public ServedModel Require(string name)
    {
        if (_draining)
        {
            throw RpcErrors.Unavailable("DRAINING", "The server is shutting down.", RetryElsewhere);
        }

        if (!Loaded.IsCompletedSuccessfully)
        {
            throw RpcErrors.Unavailable("LOADING", "The model is still loading.", RetryElsewhere);
        }

        ServedModel model = Loaded.Result;
        if (name.Length > 0 && name != model.Name)
        {
            throw RpcErrors.NotFound("model", name, $"Model '{name}' is not served here; '{model.Name}' is.");
        }

        return model;
    }
}
