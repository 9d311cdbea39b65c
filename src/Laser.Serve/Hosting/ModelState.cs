using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Hosting;

/// <summary>The served model and where the server stands, as the services see them. The only state they share.</summary>
public sealed class ModelState : IDisposable
{
    // About the time that loading, or finding another instance, takes.
    private static readonly TimeSpan RetryElsewhere = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<ServedModel> _loaded =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServingState _current;

    /// <summary>Ends when the model is loaded; fails if it cannot be.</summary>
    public Task<ServedModel> Loaded => _loaded.Task;

    /// <summary>The state now.</summary>
    public ServingState Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Cancelled when all that ran is done and the sockets are about to close: calls that wait for something end.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Whether requests are taken.</summary>
    public bool IsReady => Current == ServingState.Serving;

    /// <summary>Whether a restart would not help: also while loading, for whatever reason, and draining.</summary>
    public bool IsAlive => IsAliveIn(Current);

    /// <summary>The state now, and a task that ends with the next change.</summary>
    public (ServingState Current, Task Changed) Observe()
    {
        lock (_lock)
        {
            return (_current, _changed.Task);
        }
    }

    /// <inheritdoc cref="IsAlive"/>
    internal static bool IsAliveIn(ServingState current) => current is not (ServingState.Failed or ServingState.Stalled);

    /// <summary>Opens the door. It stays closed if the server is stopping already.</summary>
    internal void Ready(ServedModel model)
    {
        _loaded.TrySetResult(model);
        Change(ServingState.Serving, from: ServingState.Loading);
    }

    /// <summary>The model cannot be loaded.</summary>
    internal void Fail(Exception reason)
    {
        _loaded.TrySetException(reason);
        _ = _loaded.Task.Exception; // somebody has seen it: the log
        Change(ServingState.Failed);
    }

    /// <summary>The engine ended unasked: nothing can be served any more.</summary>
    internal void EngineFailed() => Change(ServingState.Failed);

    /// <summary>The engine completes no step. False if the server does not serve anyway.</summary>
    internal bool Stall() => Change(ServingState.Stalled, from: ServingState.Serving);

    /// <summary>It does again. False if it was not stalled.</summary>
    internal bool Resume() => Change(ServingState.Serving, from: ServingState.Stalled);

    /// <summary>The model is to be loaded again. False if the server does not serve anyway.</summary>
    internal bool BeginRecovery() =>
        Change(ServingState.Recovering, from: ServingState.Serving)
        || Change(ServingState.Recovering, from: ServingState.Stalled);

    /// <summary>It is loaded. The door stays closed if the server is stopping.</summary>
    internal void EndRecovery() => Change(ServingState.Serving, from: ServingState.Recovering);

    /// <summary>Closes the door; what runs goes on.</summary>
    internal void Drain() => Change(ServingState.Draining);

    /// <summary>Nothing runs any more; the sockets may close.</summary>
    internal void Close() => _closed.Cancel();

    /// <inheritdoc />
    public void Dispose() => _closed.Dispose();

    /// <summary>The model, by name or (empty) as the only one there is.</summary>
    /// <exception cref="RpcException">
    /// UNAVAILABLE while loading, stalled, recovering, draining or failed; NOT_FOUND for another name.
    /// </exception>
    public ServedModel Require(string name)
    {
        switch (Current)
        {
            case ServingState.Loading:
                throw RpcErrors.Unavailable("LOADING", "The model is still loading.", RetryElsewhere);
            case ServingState.Stalled:
                throw RpcErrors.Unavailable("STALLED", "No step of the engine completes.", RetryElsewhere);
            case ServingState.Recovering:
                throw RpcErrors.Unavailable("RECOVERING", "The device was lost; the model is loaded again.", RetryElsewhere);
            case ServingState.Draining:
                throw RpcErrors.Unavailable("DRAINING", "The server is shutting down.", RetryElsewhere);
            case ServingState.Failed:
                throw RpcErrors.Unavailable("FAILED", "The server cannot serve its model.", RetryElsewhere);
        }

        ServedModel model = Loaded.Result;
        if (name.Length > 0 && name != model.Name)
        {
            throw RpcErrors.NotFound("model", name, $"Model '{name}' is not served here; '{model.Name}' is.");
        }

        return model;
    }

    // What has failed, or is going down, does not come back.
    private bool Change(ServingState to, ServingState? from = null)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_current == to || _current == ServingState.Failed || (from is not null && _current != from))
            {
                return false;
            }

            _current = to;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
        return true;
    }
}
