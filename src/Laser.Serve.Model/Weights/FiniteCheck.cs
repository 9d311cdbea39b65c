using System.Numerics;
using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Model.Weights;

/// <summary>Finds NaN and infinity in stored weights: numbers whose exponent bits are all ones.</summary>
internal static class FiniteCheck
{
    /// <summary>Column of the first such number of a row, or null.</summary>
    public static int? FirstNonFinite(HostTensor tensor, int row)
    {
        ReadOnlySpan<byte> bytes = tensor.RowBytes(row);
        int column = tensor.Type switch
        {
            DataType.Float32 => IndexOfMasked(MemoryMarshal.Cast<byte, uint>(bytes), 0x7F80_0000u),
            DataType.Float16 => IndexOfMasked<ushort>(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7C00),
            _ => IndexOfMasked<ushort>(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7F80),
        };
        return column < 0 ? null : column;
    }

    // Whole vectors first; the tail, and a vector with a hit in it, element by element.
    private static int IndexOfMasked<T>(ReadOnlySpan<T> values, T mask)
        where T : struct, IBinaryInteger<T>
    {
        var masks = new Vector<T>(mask);
        int i = 0;
        while (i <= values.Length - Vector<T>.Count && !Vector.EqualsAny(new Vector<T>(values[i..]) & masks, masks))
        {
            i += Vector<T>.Count;
        }

        while (i < values.Length && (values[i] & mask) != mask)
        {
            i++;
        }

        return i < values.Length ? i : -1;
    }
}
