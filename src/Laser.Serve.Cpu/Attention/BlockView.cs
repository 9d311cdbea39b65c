namespace Laser.Serve.Cpu.Attention;

/// <summary>The values of a block as one query sees them.</summary>
internal readonly unsafe struct BlockView
{
    /// <summary>fp32 v if the block is raw, else null.</summary>
    public float* RawRows { get; init; }

    /// <summary>u, unless raw.</summary>
    public byte* Values { get; init; }

    /// <summary>k, unless raw.</summary>
    public short* Shifts { get; init; }

    /// <summary>u spreads over more than WIDE bits.</summary>
    public bool Wide { get; init; }
}
