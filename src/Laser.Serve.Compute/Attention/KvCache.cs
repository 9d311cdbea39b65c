namespace Laser.Serve.Compute.Attention;

/// <summary>Counts of what the value cache had to do besides the common case, since it was made.</summary>
/// <param name="SealedBlocks">Blocks (per layer and kv head) that became full.</param>
/// <param name="WideBlocks">Of these, blocks whose sums run in fp64.</param>
/// <param name="RawBlocks">Of these, blocks that keep fp32 values.</param>
/// <param name="RawPagesUsed">Raw pages in use now.</param>
/// <param name="LargestSpreadBits">Largest spread of any sealed block that is not raw.</param>
public readonly record struct KvCacheStatistics(
    long SealedBlocks, long WideBlocks, long RawBlocks, int RawPagesUsed, int LargestSpreadBits)
{
    /// <summary>
    /// Sealed blocks by their spread in bits, the last entry for that and more; raw ones too. The device's own counts, which
    /// go on; empty where it keeps none.
    /// </summary>
    public ReadOnlyMemory<long> SealedBySpread { get; init; }

    /// <summary>Whether all counts are equal.</summary>
    public bool Equals(KvCacheStatistics other) =>
        Scalars == other.Scalars && SealedBySpread.Span.SequenceEqual(other.SealedBySpread.Span);

    /// <inheritdoc />
    public override int GetHashCode() => Scalars.GetHashCode();

    private (long Sealed, long Wide, long Raw, int RawPages, int LargestSpread) Scalars =>
        (SealedBlocks, WideBlocks, RawBlocks, RawPagesUsed, LargestSpreadBits);
}

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

    /// <summary>
    /// Returns a block's side memory (raw pages). Called when nobody needs the block's content any more.
    /// </summary>
    public abstract void ReleaseBlock(int block);

    /// <summary>Raw pages that a sealed block holds, all layers and heads.</summary>
    public abstract int RawPagesOf(int block);

    /// <summary>
    /// Copies the unfinished tail block of a sequence, with everything that goes with it, so that the copy continues
    /// bit for bit as the original would. Between steps only.
    /// </summary>
    /// <param name="fromBlock">The block; open in <paramref name="fromSlot"/>, in every layer.</param>
    /// <param name="fromSlot">Its slot. Block and slot stay as they are.</param>
    /// <param name="toBlock">A block that nobody has.</param>
    /// <param name="toSlot">A slot that nobody has.</param>
    /// <exception cref="InvalidOperationException">The block is not open in that slot.</exception>
    public abstract void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot);

    /// <summary>
    /// Takes the last rows of the unfinished tail block of a sequence back, so that the sequence continues bit for bit
    /// as if they had never been appended. Between steps only. Rows of a full block cannot be taken back.
    /// </summary>
    /// <param name="block">The block; open in <paramref name="slot"/>, in every layer.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="rowCount">
    /// Rows that remain, at least one and at most those that are there. After a fault the layers can have different
    /// numbers of them.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The block is not open in that slot, or has fewer rows somewhere; nothing is changed.
    /// </exception>
    public abstract void Truncate(int block, int slot, int rowCount);

    /// <summary>Frees the device memory.</summary>
    public abstract void Dispose();
}
