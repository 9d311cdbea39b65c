using Laser.Serve.Compute;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>A weight where it lies in a mapped file; nothing is copied. Valid until the file is disposed.</summary>
internal sealed class MappedTensor(
    SafetensorsFile file, TensorEntry entry, string name, DataType type, int rows, int columns)
    : HostTensor(name, type, rows, columns)
{
    // Fits an int: Checkpoint refuses longer rows.
    private readonly int _rowSize = columns * type.ByteSize();

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        return file.Bytes(entry, (long)row * _rowSize, _rowSize);
    }

    /// <inheritdoc />
    public override void Release() => file.Release(entry);
}
