using Laser.Serve.Compute;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// Columns of another tensor, in an order of their own; bytes as they are. A row is valid until the next one is taken.
/// </summary>
internal sealed class SelectedColumns(string name, HostTensor source, int[] columnOf)
    : HostTensor(name, source.Type, source.Rows, columnOf.Length)
{
    private readonly byte[] _row = new byte[columnOf.Length * source.Type.ByteSize()];

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row)
    {
        ReadOnlySpan<byte> theirs = source.RowBytes(row);
        int size = Type.ByteSize();
        for (int i = 0; i < columnOf.Length; i++)
        {
            theirs.Slice(columnOf[i] * size, size).CopyTo(_row.AsSpan(i * size));
        }

        return _row;
    }
}
