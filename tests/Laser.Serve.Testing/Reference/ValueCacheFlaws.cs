namespace Laser.Serve.Testing.Reference;

/// <summary>
/// Mistakes that <see cref="ReferenceValueCache"/> makes on request, to show that a test would notice them.
/// </summary>
[Flags]
public enum ValueCacheFlaws
{
    /// <summary>The design as it is.</summary>
    None = 0,

    /// <summary>u is at most 1 instead of 2^H: half of the exponent range is unused.</summary>
    NoHeadroom = 1,

    /// <summary>No block keeps fp32 values: what does not fit the type is flushed to zero.</summary>
    NoRawBlocks = 2,

    /// <summary>Blocks of a wide spread are summed in fp32 like the others.</summary>
    NarrowSums = 4,

    /// <summary>Block partials are merged in fp32, rescaled by the largest score and shift so far.</summary>
    StreamingMerge = 8,

    /// <summary>Block partials are merged in fp64 under one score reference and one shift reference.</summary>
    SeparateReferences = 16,
}
