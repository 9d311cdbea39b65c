using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Caches of tests.</summary>
internal static class AttentionLayouts
{
    /// <summary>Heads 4, of which 2 share a key/value head, scale 1/4.</summary>
    public static LaserAttentionSpec Spec(int headDim, AttentionVariant variant = AttentionVariant.Laser) =>
        new(variant, 4, 2, headDim, 0.25f);

    /// <summary>Two layers.</summary>
    public static KvCacheLayout Create(
        LaserAttentionSpec spec, DataType keyType, DataType valueType, int blockSize, int blocks = 16) => new()
        {
            Attention = spec,
            LayerCount = 2,
            BlockSize = blockSize,
            BlockCount = blocks,
            OpenSlotCount = 4,
            RawPageCount = 2 * blocks,
            KeyType = keyType,
            ValueType = valueType,
        };
}
