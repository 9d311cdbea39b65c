using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>Rows of tensors in the forms of <see cref="GgufType"/>.</summary>
internal static class GgufRows
{
    private const int BlockSize = 32;
    private const int BlockBytes = 2 + BlockSize;

    /// <summary>Bytes of so many values; whole blocks.</summary>
    public static long ByteSize(GgufType type, long count) => type switch
    {
        GgufType.F32 => 4 * count,
        GgufType.BF16 => 2 * count,
        _ => count / BlockSize * BlockBytes,
    };

    /// <summary>Writes a row of <paramref name="tensor"/>, of that type already or to be quantized.</summary>
    public static void Write(Stream file, HostTensor tensor, int row, GgufType type, float[] values, byte[] bytes)
    {
        if (type != GgufType.Q8)
        {
            file.Write(tensor.RowBytes(row));
            return;
        }

        tensor.CopyRow(row, values);
        for (int i = 0; i < tensor.Columns / BlockSize; i++)
        {
            Quantize(values.AsSpan(i * BlockSize, BlockSize), bytes.AsSpan(i * BlockBytes, BlockBytes));
        }

        file.Write(bytes, 0, (int)ByteSize(type, tensor.Columns));
    }

    private static void Quantize(ReadOnlySpan<float> values, Span<byte> block)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        float scale = largest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        MemoryMarshal.Write(block, (Half)scale);
        for (int i = 0; i < values.Length; i++)
        {
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse);
        }
    }
}
