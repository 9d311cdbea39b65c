namespace Laser.Serve.StructuredOutput;

/// <summary>
/// A constraint is wrong, asks for what is not supported, is too large, or no text of the tokenizer fits it. The
/// message is one line: kind of constraint, place in it, problem.
/// </summary>
public sealed class ConstraintException : Exception
{
    /// <summary>Says what is wrong where.</summary>
    /// <param name="kind">The kind of constraint: <c>choice</c>, <c>regex</c> or <c>json_schema</c>.</param>
    /// <param name="place">
    /// The place in it, such as <c>offset 7</c> or <c>#/properties/name</c>; empty for the whole.
    /// </param>
    /// <param name="problem">What is wrong, one line.</param>
    public ConstraintException(string kind, string place, string problem)
        : base(place.Length == 0 ? $"{kind}: {problem}" : $"{kind}: {place}: {problem}")
    {
        Kind = kind;
        Place = place;
    }

    /// <summary>The kind of constraint, as the protocol calls its field.</summary>
    public string Kind { get; }

    /// <summary>The place in it; empty for the whole.</summary>
    public string Place { get; }
}
