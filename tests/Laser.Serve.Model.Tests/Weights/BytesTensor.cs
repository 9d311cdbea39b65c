using Laser.Serve.Compute;

namespace Laser.Serve.Model.Tests.Weights;

/// <summary>A tensor of given bytes.</summary>
internal sealed class BytesTensor(string name, DataType type, int rows, int columns, byte[] bytes)
    : HostTensor(name, type, rows, columns)
{
    public override ReadOnlySpan<byte> RowBytes(int row) =>
        bytes.AsSpan(row * Columns * Type.ByteSize(), Columns * Type.ByteSize());
}
