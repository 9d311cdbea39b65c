namespace Laser.Serve.Cpu.Attention;

/// <summary>What is known of one page.</summary>
internal struct BlockState
{
    /// <summary>Its values are kept as fp32 v, not as shifted u.</summary>
    public bool Raw;

    /// <summary>It is full and will not change.</summary>
    public bool Sealed;

    /// <summary>Largest spread of a channel in bits, at most LIMIT unless raw.</summary>
    public byte Spread;

    /// <summary>Index of its raw page plus one; 0 for none.</summary>
    public int RawPageNumber;
}
