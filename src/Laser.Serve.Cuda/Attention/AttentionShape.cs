using System.Globalization;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cuda.Attention;

/// <summary>
/// Sizes that host and kernels of attention agree on, and the definitions that kernels of one cache are compiled with. The layout is
/// described in <c>attention.cuh</c>.
/// </summary>
internal sealed class AttentionShape
{
    /// <summary>Queries of a tile: the rows of a tensor-core product.</summary>
    public const int Tile = 16;

    /// <summary>Tokens of a segment of the context; a whole number of blocks of any size.</summary>
    public const int Segment = 256;

    /// <summary>Threads of <c>attend</c>.</summary>
    public const int AttendThreads = 128;

    /// <summary>Bytes of the state of a page.</summary>
    public const int PageStateBytes = 16;

    /// <summary>Numbers in the state of an open slot.</summary>
    public const int OpenStateInts = 4;

    // Shared memory of a block holds a tile of keys or values of that many channels, in fp32 and for the largest block size.
    private const int LargestHeadDim = 256;

    private const int TotalBytes = 16;

    /// <summary>Computes the sizes.</summary>
    /// <exception cref="ArgumentException">The layout is not one this device can have.</exception>
    public AttentionShape(KvCacheLayout layout)
    {
        Check(layout);
        LaserAttentionSpec spec = layout.Attention;
        int keyBytes = layout.KeyType.ByteSize();
        int valueBytes = layout.ValueType.ByteSize();
        PaddedDim = (spec.HeadDim + 15) / 16 * 16;
        RowsLength = layout.BlockSize * PaddedDim;
        int unpadded = (RowsLength * (keyBytes + valueBytes)) + (PaddedDim * sizeof(short));
        PageBytes = (unpadded + 63) / 64 * 64;
        PartialBytes = sizeof(float) * ((2 * Tile * PaddedDim) + (2 * Tile));
        TotalsBytes = TotalBytes * Tile * (PaddedDim + 1);
        ChannelThreads = (PaddedDim + 31) / 32 * 32;
        SharedBytes = ComputeSharedBytes(layout, keyBytes == sizeof(float), valueBytes == sizeof(float));
        Defines = MakeDefines(layout);
    }

    /// <summary>Channels with padding, a multiple of 16.</summary>
    public int PaddedDim { get; }

    /// <summary>Values in the rows of one block and head.</summary>
    public int RowsLength { get; }

    /// <summary>Bytes of a page.</summary>
    public int PageBytes { get; }

    /// <summary>Bytes of the sums of one tile and kv head over one segment.</summary>
    public int PartialBytes { get; }

    /// <summary>Bytes of the sums of one tile and kv head over all segments so far.</summary>
    public int TotalsBytes { get; }

    /// <summary>Threads of kernels with a thread per channel.</summary>
    public int ChannelThreads { get; }

    /// <summary>Shared memory of <c>attend</c>.</summary>
    public int SharedBytes { get; }

    /// <summary>What the kernels are compiled with.</summary>
    public string[] Defines { get; }

    // The parts of struct Shared in Attend.cu, in its order.
    private int ComputeSharedBytes(KvCacheLayout layout, bool singleKeys, bool singleValues)
    {
        int row = PaddedDim + 8;
        int singleRow = PaddedDim + 4;
        int tile = layout.BlockSize * (singleKeys || singleValues ? singleRow * sizeof(float) : row * sizeof(ushort));
        int queries = Tile * (singleKeys ? singleRow * sizeof(float) : 3 * row * sizeof(ushort));
        int weightTerms = singleValues ? 0 : 3 * Tile * (layout.BlockSize + 8) * sizeof(ushort);
        int scoresAndWeights = 2 * Tile * (layout.BlockSize + 4) * sizeof(float);
        int parts = Tile * singleRow * sizeof(float);
        int perQuery = Tile * (sizeof(double) + sizeof(int) + (2 * sizeof(float)));
        const int scratch = 8 * sizeof(int);
        return tile + queries + weightTerms + scoresAndWeights + parts + (PaddedDim * sizeof(int)) + perQuery + scratch;
    }

    private static string[] MakeDefines(KvCacheLayout layout)
    {
        LaserAttentionSpec spec = layout.Attention;
        bool isLaser = spec.Variant == AttentionVariant.Laser;
        ValueCacheFormat format = ValueCacheFormat.For(layout.ValueType);
        (string Name, int Value)[] defines =
        [
            ("HEAD_DIM", spec.HeadDim),
            ("HEADS", spec.Heads),
            ("KV_HEADS", spec.KvHeads),
            ("BLOCK", layout.BlockSize),
            ("SEGMENT", Segment),
            ("KEY_F32", layout.KeyType == DataType.Float32 ? 1 : 0),
            ("VALUE_F32", layout.ValueType == DataType.Float32 ? 1 : 0),
            ("LASER", isLaser ? 1 : 0),
            ("HEADROOM", isLaser ? format.Headroom : 0),
            ("LIMIT", format.Limit),
            ("WIDE", format.Wide),
        ];
        return [.. defines.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Name}={d.Value}"))];
    }

    private static void Check(KvCacheLayout layout)
    {
        layout.Check(LargestHeadDim);
        if (layout.KeyType == DataType.Float16 || layout.ValueType == DataType.Float16)
        {
            throw new ArgumentException(
                $"Cache types {layout.KeyType} (keys) and {layout.ValueType} (values): CUDA has Float32 and BFloat16.");
        }
    }
}
