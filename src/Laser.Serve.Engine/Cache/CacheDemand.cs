namespace Laser.Serve.Engine.Cache;

/// <summary>What the sequences of a request are to have of the cache, all of it reserved at one time.</summary>
internal readonly ref struct CacheDemand
{
    /// <summary>The prompt, which the sequences share, or all tokens of the only one.</summary>
    public required ReadOnlySpan<int> Prompt { get; init; }

    /// <summary>Positions each sequence gets, those of the prompt included.</summary>
    public required int TokenLimit { get; init; }

    /// <summary>Sequences.</summary>
    public int SequenceCount { get; init; } = 1;

    /// <summary>Salt of the cached prefixes that may be used and added to; null for neither.</summary>
    public string? Salt { get; init; }

    /// <summary>Whether blocks of the prompt may be taken from the cache.</summary>
    public bool ReadsPrefixes { get; init; }

    /// <summary>Blocks that must be left for others.</summary>
    public int SpareBlockCount { get; init; }

    public CacheDemand()
    {
    }
}
