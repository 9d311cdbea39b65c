namespace Laser.Serve.Hosting;

/// <summary>Where one engine of a server stands.</summary>
internal enum EngineStanding
{
    /// <summary>It takes requests, or is being stopped.</summary>
    Serving,

    /// <summary>Its device was lost; its model is being loaded again.</summary>
    Recovering,

    /// <summary>It has ended for good.</summary>
    Failed,
}
