using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Execution;

/// <summary>Divides the memory for the cache into blocks and raw pages.</summary>
internal static class CacheSizing
{
    // Blocks that turn raw are rare; a sixteenth covers one value page in thirty or so (an fp32 page is two bf16
    // pages).
    private const int RawShare = 16;

    /// <summary>
    /// The layout of a cache that takes at most <paramref name="byteCount"/>, open slots not counted.
    /// </summary>
    /// <param name="backend">Knows what a block takes.</param>
    /// <param name="layout">The cache but for its block count and raw page count.</param>
    /// <param name="byteCount">Memory for blocks and raw pages.</param>
    /// <exception cref="ArgumentException">Not one block fits.</exception>
    public static KvCacheLayout Fit(IBackend backend, KvCacheLayout layout, long byteCount)
    {
        long rawByteCount = CanTurnRaw(layout) ? byteCount / RawShare : 0;
        long rawPageBytes = (long)layout.BlockSize * layout.Attention.HeadDim * sizeof(float);
        long blockBytes = BlockByteSize(backend, layout);
        long blockCount = (byteCount - rawByteCount) / blockBytes;
        if (blockCount == 0)
        {
            throw new ArgumentException($"A cache of {byteCount} bytes is too small: one block takes {blockBytes}.");
        }

        return layout with
        {
            BlockCount = (int)Math.Min(blockCount, int.MaxValue),
            RawPageCount = (int)Math.Min(rawByteCount / rawPageBytes, int.MaxValue),
        };
    }

    // A softclamp to +-c bounds the spread of a block by 2c.
    private static bool CanTurnRaw(KvCacheLayout layout)
    {
        LaserAttentionSpec attention = layout.Attention;
        float limit = ValueCacheFormat.For(layout.ValueType).Limit;
        return attention.Variant == AttentionVariant.Laser
            && layout.ValueType != DataType.Float32
            && !(2 * attention.ValueSoftclamp / MathF.Log(2) < limit);
    }

    private static long BlockByteSize(IBackend backend, KvCacheLayout layout)
    {
        using KvCache one = backend.CreateKvCache(layout with { BlockCount = 1, OpenSlotCount = 1, RawPageCount = 0 });
        return one.BlockByteSize;
    }
}
