namespace Laser.Serve.Engine;

/// <summary>Where an engine stands.</summary>
public enum EngineStatus
{
    /// <summary>Made, not started.</summary>
    Created,

    /// <summary>Takes requests.</summary>
    Running,

    /// <summary>Takes no more requests and finishes those it has.</summary>
    Draining,

    /// <summary>Ended as asked.</summary>
    Stopped,

    /// <summary>Ended by an error of its own, or without its device; see the log.</summary>
    Failed,
}
