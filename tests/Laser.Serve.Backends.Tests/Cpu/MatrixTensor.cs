using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>
/// A matrix of small random numbers that every storage type holds exactly, or of any where <c>fine</c>.
/// </summary>
internal sealed class MatrixTensor : HostTensor
{
    private readonly byte[] _bytes;

    public MatrixTensor(DataType type, int rows, int columns, int seed, bool fine = false)
        : base($"matrix {seed}", type, rows, columns)
    {
        _bytes = new byte[rows * columns * type.ByteSize()];
        Random random = new(seed);
        for (int i = 0; i < rows * columns; i++)
        {
            float value = fine && type == DataType.Float32 ? (float)random.NextDouble() - 0.5f : random.Next(
                -64, 65) / 16f;
            switch (type)
            {
                case DataType.Float32:
                    MemoryMarshal.Cast<byte, float>(_bytes.AsSpan())[i] = value;
                    break;
                case DataType.Float16:
                    MemoryMarshal.Cast<byte, Half>(_bytes.AsSpan())[i] = (Half)value;
                    break;
                default:
                    MemoryMarshal.Cast<byte, ushort>(_bytes.AsSpan())[i] = (ushort)(
                        BitConverter.SingleToUInt32Bits(value) >> 16);
                    break;
            }
        }
    }

    public override ReadOnlySpan<byte> RowBytes(int row) =>
        _bytes.AsSpan(row * Columns * Type.ByteSize(), Columns * Type.ByteSize());

    public float[] Values(int row)
    {
        float[] values = new float[Columns];
        CopyRow(row, values);
        return values;
    }
}
