namespace Laser.Serve.Engine;

/// <summary>A request the engine could not serve.</summary>
public sealed class EngineException(EngineError error, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What kind of failure.</summary>
    public EngineError Error { get; } = error;
}
