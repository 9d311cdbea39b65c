namespace Laser.Serve.Compute.Attention;

/// <summary>Counts of what the value cache had to do besides the common case, since it was made.</summary>
/// <param name="SealedBlocks">Blocks (per layer and kv head) that became full.</param>
/// <param name="WideBlocks">Of these, blocks whose sums run in fp64.</param>
/// <param name="RawBlocks">Of these, blocks that keep fp32 values.</param>
/// <param name="RawPagesUsed">Raw pages in use now.</param>
/// <param name="LargestSpreadBits">Largest spread of any sealed block that is not raw.</param>
public readonly record struct KvCacheStatistics(
    long SealedBlocks, long WideBlocks, long RawBlocks, int RawPagesUsed, int LargestSpreadBits);

/// <summary>
/// A paged key/value cache on a device. Who owns which block is the caller's business. Opaque; disposed by its owner.
/// </summary>
public abstract class KvCache(KvCacheLayout layout) : IDisposable
{
    /// <summary>Its shape.</summary>
    public KvCacheLayout Layout { get; } = layout;

    /// <summary>Bytes of device memory one block takes, all layers.</summary>
    public abstract long BlockByteSize { get; }

    /// <summary>What the value cache met so far.</summary>
    public abstract KvCacheStatistics Statistics { get; }

    /// <summary>Returns a block's side memory (raw pages). Called when the last reference to the block goes.</summary>
    public abstract void ReleaseBlock(int block);

    /// <summary>Frees the device memory.</summary>
    public abstract void Dispose();
}
