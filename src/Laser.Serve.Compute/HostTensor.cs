using System.Numerics;
using System.Runtime.InteropServices;

namespace Laser.Serve.Compute;

/// <summary>
/// A matrix in host memory, row-major <c>[Rows, Columns]</c>, usually a view of a mapped checkpoint file; a vector has
/// one row. Read row by row, so that a matrix may be larger than any span.
/// </summary>
public abstract class HostTensor
{
    /// <summary>Describes a matrix; the derived class holds the data.</summary>
    protected HostTensor(string name, DataType type, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Name = name;
        Type = type;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Name in the checkpoint, for messages.</summary>
    public string Name { get; }

    /// <summary>Element type of the stored bytes (little-endian).</summary>
    public DataType Type { get; }

    /// <summary>Number of rows: output features of a weight matrix.</summary>
    public int Rows { get; }

    /// <summary>Number of columns: input features of a weight matrix.</summary>
    public int Columns { get; }

    /// <summary>The stored bytes of one row, <c>Columns * Type.ByteSize()</c> long.</summary>
    public abstract ReadOnlySpan<byte> RowBytes(int row);

    /// <summary>
    /// Says that the stored bytes are not needed any more, or not soon: what they take of this process's memory may be
    /// given back. They can still be read.
    /// </summary>
    public virtual void Release()
    {
    }

    /// <summary>Widens one row to fp32 (exact for every <see cref="DataType"/>).</summary>
    /// <param name="row">Row index.</param>
    /// <param name="destination">At least <see cref="Columns"/> elements.</param>
    public void CopyRow(int row, Span<float> destination)
    {
        ReadOnlySpan<byte> bytes = RowBytes(row);
        switch (Type)
        {
            case DataType.Float32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination);
                break;
            case DataType.Float16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < halves.Length; i++)
                {
                    destination[i] = (float)halves[i];
                }

                break;
            default:
                Widen(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<float, uint>(destination));
                break;
        }
    }

    // A bf16 is the upper half of an fp32.
    private static void Widen(ReadOnlySpan<ushort> upper, Span<uint> bits)
    {
        int i = 0;
        for (; i <= upper.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(upper[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < upper.Length; i++)
        {
            bits[i] = (uint)upper[i] << 16;
        }
    }
}
