using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Where things stand in a page, the part of a block that belongs to one layer and one key/value head. Channels are
/// padded to a multiple of 16 (<c>d</c> below), so that no kernel has a tail; B is the block size.
/// <code>
///   keys     bf16 [B/16][d/2][16 tokens][2]    fp32 [B/16][d][16 tokens]    lanes are tokens, pairs are channels
///   values   bf16 [B/2][d][2]                  fp32 [B][d]                  lanes are channels, pairs are tokens
///   shifts   int16 [d]                                                      k of each channel
/// </code>
/// The values are u, in a raw fp32 page v. Beside the pages stand, per open slot, layer and head: two buffers of fp32
/// value rows <c>[B][d]</c> and the running k and nMin, int32 <c>[d]</c>.
/// </summary>
internal sealed class PageLayout
{
    /// <summary>Lanes of a vector.</summary>
    public const int Lanes = 16;

    /// <summary>Bytes of 16 fp32 lanes: a row of a key group.</summary>
    public const int KeyRowBytes = Lanes * sizeof(float);

    /// <summary>Computes the layout.</summary>
    public PageLayout(KvCacheLayout layout)
    {
        Dim = layout.Attention.HeadDim;
        PaddedDim = (Dim + Lanes - 1) / Lanes * Lanes;
        BlockSize = layout.BlockSize;
        KeyGroupBytes = Lanes * PaddedDim * layout.KeyType.ByteSize();
        ValueOffset = KeyGroupBytes * (BlockSize / Lanes);
        ValueRowBytes = PaddedDim * sizeof(float);
        ValueBytes = BlockSize * PaddedDim * layout.ValueType.ByteSize();
        ShiftOffset = ValueOffset + ValueBytes;
        PageBytes = (ShiftOffset + (PaddedDim * sizeof(short)) + 63) / 64 * 64;
        RowsLength = BlockSize * PaddedDim;
    }

    /// <summary>Channels of a head.</summary>
    public int Dim { get; }

    /// <summary>Channels with padding, a multiple of 16.</summary>
    public int PaddedDim { get; }

    /// <summary>Tokens of a block.</summary>
    public int BlockSize { get; }

    /// <summary>Bytes of the keys of 16 tokens.</summary>
    public int KeyGroupBytes { get; }

    /// <summary>Where the values begin.</summary>
    public int ValueOffset { get; }

    /// <summary>Bytes of the values.</summary>
    public int ValueBytes { get; }

    /// <summary><c>rowBytes</c> of the values as <see cref="Storage.IPairFormat"/> means it.</summary>
    public int ValueRowBytes { get; }

    /// <summary>Where the shifts begin.</summary>
    public int ShiftOffset { get; }

    /// <summary>Bytes of a page.</summary>
    public int PageBytes { get; }

    /// <summary>Values in the fp32 rows of one block.</summary>
    public int RowsLength { get; }
}
