namespace Laser.Serve.Tokenization.PostProcessors;

/// <summary>Tokens that go before and after those of a text.</summary>
internal sealed record SpecialTokenTemplate(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Adds nothing.</summary>
    public static SpecialTokenTemplate Empty { get; } = new([], []);

    /// <summary>Whether it adds nothing.</summary>
    public bool IsEmpty => Before.Count == 0 && After.Count == 0;
}
