namespace Laser.Serve.Engine.Telemetry;

/// <summary>What the sequences of a step compute.</summary>
internal enum StepKind
{
    /// <summary>Prompts only.</summary>
    Prefill,

    /// <summary>Generated tokens only.</summary>
    Decode,

    /// <summary>Some the one, some the other.</summary>
    Mixed,
}
