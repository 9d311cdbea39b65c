namespace Laser.Serve.StructuredOutput;

/// <summary>
/// What constraints may cost. The defaults keep one compilation under about a second and all memory under about
/// 200 MiB, whatever clients send.
/// </summary>
public sealed record ConstraintLimits
{
    /// <summary>Characters of a pattern or schema, or of all choices together. At least 1.</summary>
    public int MaxPatternLength { get; init; } = 65_536;

    /// <summary>States of the automaton before it is made deterministic. At least 2.</summary>
    public int MaxPartialStates { get; init; } = 300_000;

    /// <summary>States of the automaton. At least 1.</summary>
    public int MaxStates { get; init; } = 50_000;

    /// <summary>Entries of the automaton's table: states times classes of bytes. At least 1.</summary>
    public int MaxTransitions { get; init; } = 1_000_000;

    /// <summary>Steps of work for one compilation; a step takes about ten nanoseconds. At least 1.</summary>
    public long MaxSteps { get; init; } = 40_000_000;

    /// <summary>Bytes of automata that are kept for the next request with the same constraint. At least 0.</summary>
    public long MaxCachedBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of token masks that are kept, those of all constraints together. The oldest makes room; it is worked out
    /// again when it is needed. At least 0.
    /// </summary>
    public long MaxMaskBytes { get; init; } = 64L << 20;
}
