using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine;

/// <summary>What the outside can ask of the engine thread.</summary>
internal enum EngineCommandKind
{
    /// <summary>Generate.</summary>
    Submit,

    /// <summary>The reader is gone: forget the request.</summary>
    Cancel,

    /// <summary>End when all that was submitted is done.</summary>
    Drain,

    /// <summary>End now.</summary>
    Abort,
}

/// <summary>A message to the engine thread; <paramref name="Group"/> goes with the first two kinds.</summary>
internal readonly record struct EngineCommand(EngineCommandKind Kind, SequenceGroup? Group = null);
