using System.Numerics;

namespace Laser.Serve.Compute.Attention;

/// <summary>
/// Shape of a paged key/value cache. A block holds <see cref="BlockSize"/> consecutive token positions of one sequence,
/// for every layer and key/value head: block i of a sequence covers positions <c>i * BlockSize ..</c>, so the grid is
/// fixed to absolute positions.
/// <para>
/// LASER caches no v but <c>u = exp(v) * 2^(H - k)</c>, the max-shifted values: k is an integer per (layer, block, kv
/// head, channel), the smallest that keeps every u of the block at most 2^H. Sealed (full) blocks never change and are
/// shareable. A block whose values spread over more bits than the type can carry (<see cref="ValueCacheFormat.Limit"/>)
/// keeps fp32 v instead: it is <em>raw</em>. The unfinished tail block of a sequence is <em>open</em> and has its fp32
/// v rows beside it, in one of <see cref="OpenSlotCount"/> slots.
/// </para>
/// </summary>
public sealed record KvCacheLayout
{
    /// <summary>What attention computes, and the head shapes.</summary>
    public required LaserAttentionSpec Attention { get; init; }

    /// <summary>Number of transformer layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Token positions per block: a power of two, 16 to 128.</summary>
    public int BlockSize { get; init; } = 32;

    /// <summary>Blocks in the pool. Block ids are <c>0 .. BlockCount - 1</c>.</summary>
    public required int BlockCount { get; init; }

    /// <summary>Sequences that can have an open block at one time.</summary>
    public required int OpenSlotCount { get; init; }

    /// <summary>
    /// fp32 pages (one per layer, block and kv head that turned raw) beside the blocks. A block type of fp32 needs
    /// none: its raw rows fit the page it has. When they run out, the sequence that needed one gets <see
    /// cref="SequenceFault.RawPoolExhausted"/>.
    /// </summary>
    public int RawPageCount { get; init; }

    /// <summary>Storage type of keys.</summary>
    public DataType KeyType { get; init; } = DataType.BFloat16;

    /// <summary>Storage type of shifted values.</summary>
    public DataType ValueType { get; init; } = DataType.BFloat16;

    /// <summary>Tokens that fit the pool.</summary>
    public long TokenCapacity => (long)BlockCount * BlockSize;

    /// <summary>Blocks that <paramref name="tokenCount"/> tokens of one sequence occupy.</summary>
    public int BlocksFor(int tokenCount) => (int)(((long)tokenCount + BlockSize - 1) / BlockSize);

    /// <summary>Checks all that is the same for every device.</summary>
    /// <param name="largestHeadDim">Channels of a head that the device can have.</param>
    /// <exception cref="ArgumentException">There can be no such cache.</exception>
    public void Check(int largestHeadDim)
    {
        Require(BlockSize is >= 16 and <= 128 && BitOperations.IsPow2(BlockSize), $"Block size {BlockSize} is not 16, 32, 64 or 128.");
        Require(
            Attention.HeadDim >= 2 && Attention.HeadDim <= largestHeadDim && Attention.HeadDim % 2 == 0,
            $"Head dimension {Attention.HeadDim} is not an even number up to {largestHeadDim}.");
        Require(
            Attention.KvHeads > 0 && Attention.Heads > 0 && Attention.Heads % Attention.KvHeads == 0,
            $"{Attention.KvHeads} key/value heads do not divide {Attention.Heads} heads.");
        Require(Enum.IsDefined(Attention.Variant), $"Attention variant {Attention.Variant} is unknown.");
        Require(Attention.ValueSoftclamp is null or > 0, $"Value softclamp {Attention.ValueSoftclamp} is not positive.");
        Require(Attention.LogFloor is null or > 0, $"Log floor {Attention.LogFloor} is not positive.");
        Require(LayerCount > 0 && BlockCount > 0 && OpenSlotCount > 0, "Layers, blocks and open slots must be at least one.");
        Require(RawPageCount >= 0, $"Raw page count {RawPageCount} is negative.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}
