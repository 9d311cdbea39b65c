namespace Laser.Serve.Hosting;

/// <summary>Where the server stands.</summary>
public enum ServingState
{
    /// <summary>The model is being loaded.</summary>
    Loading,

    /// <summary>Requests are taken.</summary>
    Serving,

    /// <summary>No step of the engine completes; back to serving when one does.</summary>
    Stalled,

    /// <summary>The device was lost; the model is being loaded again.</summary>
    Recovering,

    /// <summary>Finishes what it has and takes nothing new.</summary>
    Draining,

    /// <summary>The model could not be loaded, or the engine ended by an error of its own; the log says why.</summary>
    Failed,
}
