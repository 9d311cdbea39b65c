using Laser.Serve.Compute;

namespace Laser.Serve.Model.Conversion;

/// <summary>Rows of another tensor, in an order of their own; bytes as they are.</summary>
internal sealed class SelectedRows(string name, HostTensor source, int rows, Func<int, int> rowOf)
    : HostTensor(name, source.Type, rows, source.Columns)
{
    /// <summary>The whole tensor under another name.</summary>
    public SelectedRows(string name, HostTensor source)
        : this(name, source, source.Rows, row => row)
    {
    }

    /// <inheritdoc />
    public override ReadOnlySpan<byte> RowBytes(int row) => source.RowBytes(rowOf(row));
}
