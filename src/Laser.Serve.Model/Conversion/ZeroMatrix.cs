using Laser.Serve.Compute;

namespace Laser.Serve.Model.Conversion;

/// <summary>A matrix of zeros.</summary>
internal sealed class ZeroMatrix(string name, DataType type, int rows, int columns)
    : HostTensor(name, type, rows, columns)
{
    private readonly byte[] _row = new byte[columns * type.ByteSize()];

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row) => _row;
}
