namespace Laser.Serve.Tokenization.Patterns;

/// <summary>A regular expression as its parser understands it.</summary>
internal abstract record PatternNode
{
    /// <summary>Whether it can match without taking a character.</summary>
    public abstract bool CanBeEmpty { get; }

    /// <summary>One character.</summary>
    public sealed record Set(CharacterSet Characters) : PatternNode
    {
        public override bool CanBeEmpty => false;
    }

    /// <summary>One after another.</summary>
    public sealed record Concatenation(IReadOnlyList<PatternNode> Items) : PatternNode
    {
        public override bool CanBeEmpty => Items.All(item => item.CanBeEmpty);
    }

    /// <summary>The first that leads to a match.</summary>
    public sealed record Alternation(IReadOnlyList<PatternNode> Choices) : PatternNode
    {
        public override bool CanBeEmpty => Choices.Any(choice => choice.CanBeEmpty);
    }

    /// <summary>Again and again; <paramref name="Most"/> null: without end.</summary>
    public sealed record Repetition(PatternNode Item, int Least, int? Most, RepetitionKind Kind) : PatternNode
    {
        public override bool CanBeEmpty => Least == 0 || Item.CanBeEmpty;
    }

    /// <summary>Matches once, without a second try: <c>(?&gt;...)</c>.</summary>
    public sealed record Atomic(PatternNode Item) : PatternNode
    {
        public override bool CanBeEmpty => Item.CanBeEmpty;
    }

    /// <summary>Whether the text goes on so: <c>(?=...)</c>, <c>(?!...)</c>.</summary>
    public sealed record LookAhead(PatternNode Item, bool Negative) : PatternNode
    {
        public override bool CanBeEmpty => true;
    }

    /// <summary>The start or end of a line: <c>^</c>, <c>$</c>.</summary>
    public sealed record LineEdge(bool AtEnd) : PatternNode
    {
        public override bool CanBeEmpty => true;
    }
}

/// <summary>How much a repetition takes.</summary>
internal enum RepetitionKind
{
    /// <summary>As much as it can, less if the rest asks for it.</summary>
    Greedy,

    /// <summary>As little as it can, more if the rest asks for it.</summary>
    Lazy,

    /// <summary>As much as it can, never less.</summary>
    Possessive,
}
