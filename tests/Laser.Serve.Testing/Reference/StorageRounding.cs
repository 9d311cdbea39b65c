using System.Diagnostics;
using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <summary>Rounding to a storage type, to nearest even, subnormals and overflow included.</summary>
public static class StorageRounding
{
    /// <summary>The number of <paramref name="type"/> nearest to <paramref name="value"/>.</summary>
    public static float Round(double value, DataType type) => type switch
    {
        DataType.Float32 => (float)value,
        DataType.Float16 => (float)(Half)value,
        _ => RoundToBFloat16((float)value),
    };

    /// <summary>The stored bytes of <paramref name="values"/>, little-endian.</summary>
    public static byte[] Encode(ReadOnlySpan<float> values, DataType type)
    {
        byte[] bytes = new byte[values.Length * type.ByteSize()];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> destination = bytes.AsSpan(i * type.ByteSize());
            uint bits = BitConverter.SingleToUInt32Bits(Round(values[i], type));
            bool written = type switch
            {
                DataType.Float32 => BitConverter.TryWriteBytes(destination, bits),
                DataType.Float16 => BitConverter.TryWriteBytes(destination, (Half)values[i]),
                _ => BitConverter.TryWriteBytes(destination, (ushort)(bits >> 16)),
            };
            Debug.Assert(written);
        }

        return bytes;
    }

    private static float RoundToBFloat16(float value)
    {
        if (!float.IsFinite(value))
        {
            return value;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint half = 0x7FFF + ((bits >> 16) & 1);
        return BitConverter.UInt32BitsToSingle((bits + half) & 0xFFFF0000);
    }
}
