using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// Keys (rounded to the key type) and plain fp32 values, whatever the layout says about values: there is no shift,
/// nothing is sealed and nothing turns raw, so <see cref="Statistics"/> stay zero. Rows never written hold NaN.
/// </summary>
internal sealed class ReferenceKvCache : KvCache
{
    private readonly float[] _keys;
    private readonly float[] _values;
    private readonly (int Block, int Rows)[] _open;
    private bool _disposed;

    public ReferenceKvCache(KvCacheLayout layout)
        : base(layout)
    {
        long size = layout.LayerCount * layout.TokenCapacity * layout.Attention.KvColumns;
        _keys = new float[checked((int)size)];
        _values = new float[_keys.Length];
        _open = new (int, int)[layout.LayerCount * layout.OpenSlotCount];
        Array.Fill(_keys, float.NaN);
        Array.Fill(_values, float.NaN);
    }

    public override long BlockByteSize =>
        2L * sizeof(float) * Layout.LayerCount * Layout.BlockSize * Layout.Attention.KvColumns;

    public override KvCacheStatistics Statistics => default;

    /// <summary>Checks that a block is filled row after row in one slot, which other backends rely on.</summary>
    public void EnterRow(int layer, int block, int row, int openSlot)
    {
        Check(layer, Layout.LayerCount, "layer");
        Check(openSlot, Layout.OpenSlotCount, "open slot");
        ref (int Block, int Rows) open = ref _open[(layer * Layout.OpenSlotCount) + openSlot];
        if (row > 0 && open != (block, row))
        {
            throw new InvalidOperationException(
                $"Row {row} of block {block} in slot {openSlot}, which has {open.Rows} rows of block {open.Block}.");
        }

        open = (block, row + 1);
    }

    public Span<float> Key(int layer, int block, int slot) => Row(_keys, layer, block, slot);

    public Span<float> Value(int layer, int block, int slot) => Row(_values, layer, block, slot);

    public override void ReleaseBlock(int block) => Check(block, Layout.BlockCount, "block");

    public override int RawPagesOf(int block) => 0;

    public override void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot)
    {
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            (int block, int rows) = _open[(layer * Layout.OpenSlotCount) + fromSlot];
            if (block != fromBlock || rows is 0 || rows == Layout.BlockSize)
            {
                throw new InvalidOperationException(
                    $"Block {fromBlock} is not open in slot {fromSlot}, which has {rows} rows of block {block}.");
            }

            for (int row = 0; row < rows; row++)
            {
                Key(layer, fromBlock, row).CopyTo(Key(layer, toBlock, row));
                Value(layer, fromBlock, row).CopyTo(Value(layer, toBlock, row));
            }

            _open[(layer * Layout.OpenSlotCount) + toSlot] = (toBlock, rows);
        }
    }

    public override void Truncate(int block, int slot, int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowCount);
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            (int open, int rows) = _open[(layer * Layout.OpenSlotCount) + slot];
            if (open != block || rows < rowCount || rows == Layout.BlockSize)
            {
                throw new InvalidOperationException(
                    $"Block {block} is not open with {rowCount} rows in slot {slot}, which has {rows} of block {open}.");
            }
        }

        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            ref (int Block, int Rows) open = ref _open[(layer * Layout.OpenSlotCount) + slot];
            for (int row = rowCount; row < open.Rows; row++)
            {
                Key(layer, block, row).Fill(float.NaN);
                Value(layer, block, row).Fill(float.NaN);
            }

            open.Rows = rowCount;
        }
    }

    public override void Dispose() => _disposed = true;

    private Span<float> Row(float[] pages, int layer, int block, int slot)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(layer, Layout.LayerCount, "layer");
        Check(block, Layout.BlockCount, "block");
        int row = (((layer * Layout.BlockCount) + block) * Layout.BlockSize) + slot;
        return pages.AsSpan(row * Layout.Attention.KvColumns, Layout.Attention.KvColumns);
    }

    private static void Check(int index, int count, string what)
    {
        if ((uint)index >= (uint)count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), $"{what} {index} of a cache with {count}.");
        }
    }
}
