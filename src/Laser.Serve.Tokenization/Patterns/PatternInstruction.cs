namespace Laser.Serve.Tokenization.Patterns;

/// <summary>What a step of a compiled pattern does.</summary>
internal enum PatternOperation
{
    /// <summary>Ends the pattern, or the part inside an atomic group or a look-ahead.</summary>
    End,

    /// <summary>Takes one character of the set.</summary>
    Set,

    /// <summary>Takes at least <c>Least</c> and at most <c>Most</c> characters of the set, as many as it can.</summary>
    SetLoop,

    /// <summary>Goes on at <c>Target</c>.</summary>
    Jump,

    /// <summary>Goes on with the next step; if that fails, at <c>Target</c>.</summary>
    TryNextFirst,

    /// <summary>Goes on at <c>Target</c>; if that fails, with the next step.</summary>
    TryTargetFirst,

    /// <summary>
    /// Matches the steps up to their <see cref="End"/> without a second try; goes on at <c>Target</c>.
    /// </summary>
    Atomic,

    /// <summary>
    /// The steps up to their <see cref="End"/> must match here, or must not; goes on at <c>Target</c>.
    /// </summary>
    LookAhead,

    /// <summary>The start of a line.</summary>
    LineStart,

    /// <summary>The end of a line.</summary>
    LineEnd,
}

/// <summary>A step of a compiled pattern; what its operation does not name is unused.</summary>
internal sealed record PatternInstruction(PatternOperation Operation)
{
    public CharacterSet? Set { get; init; }

    public int Target { get; init; }

    public int Least { get; init; }

    public int Most { get; init; } = int.MaxValue;

    /// <summary>Whether characters once taken are not given back.</summary>
    public bool Possessive { get; init; }

    public bool Negative { get; init; }
}
