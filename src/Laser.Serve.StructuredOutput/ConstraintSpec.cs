using System.Collections.Immutable;

namespace Laser.Serve.StructuredOutput;

/// <summary>What a text must look like, as a client says it. Equal if they say the same in the same words.</summary>
public sealed class ConstraintSpec : IEquatable<ConstraintSpec>
{
    private readonly int _hash;

    private ConstraintSpec(ConstraintKind kind, ImmutableArray<string> texts)
    {
        Kind = kind;
        Texts = texts;
        var hash = default(HashCode);
        hash.Add(kind);
        foreach (string text in texts)
        {
            hash.Add(text, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    internal ConstraintKind Kind { get; }

    /// <summary>The choices, or the one pattern.</summary>
    internal ImmutableArray<string> Texts { get; }

    /// <summary>One of these texts, 1 to 1024; one may begin another.</summary>
    public static ConstraintSpec Choice(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new ConstraintSpec(ConstraintKind.Choice, [.. texts]);
    }

    /// <summary>A regular expression for the whole text.</summary>
    public static ConstraintSpec Regex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new ConstraintSpec(ConstraintKind.Regex, [pattern]);
    }

    /// <summary>A JSON Schema (2020-12) for a text that is one JSON document.</summary>
    public static ConstraintSpec JsonSchema(string schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new ConstraintSpec(ConstraintKind.JsonSchema, [schema]);
    }

    /// <inheritdoc/>
    public bool Equals(ConstraintSpec? other)
    {
        return other is not null
            && _hash == other._hash
            && Kind == other.Kind
            && Texts.AsSpan().SequenceEqual(other.Texts.AsSpan());
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ConstraintSpec);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}
