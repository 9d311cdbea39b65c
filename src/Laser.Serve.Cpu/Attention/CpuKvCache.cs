using System.Diagnostics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Memory of the paged key/value cache: pages by layer, block and head; open rows by slot, layer and head; raw pages.
/// </summary>
internal sealed unsafe class CpuKvCache : KvCache
{
    private const int LargestHeadDim = 512;

    private readonly AlignedBuffer _pages;
    private readonly AlignedBuffer _open;
    private readonly RawPagePool _rawPages;
    private readonly BlockState[] _blockStates;
    private readonly OpenState[] _openStates;
    private readonly int _kvHeads;

    /// <summary>Takes the memory of all blocks.</summary>
    /// <exception cref="ArgumentException">The layout is not one this cache can have.</exception>
    /// <exception cref="InsufficientMemoryException">The memory is not there.</exception>
    public CpuKvCache(MemoryBudget budget, KvCacheLayout layout, int threadCount)
        : base(layout)
    {
        layout.Check(LargestHeadDim);
        Page = new PageLayout(layout);
        _kvHeads = layout.Attention.KvHeads;
        int pageCount = CheckedCount(layout.LayerCount, layout.BlockCount, _kvHeads, "pages");
        int openCount = CheckedCount(layout.LayerCount, layout.OpenSlotCount, _kvHeads, "open blocks");
        _blockStates = new BlockState[pageCount];
        _openStates = new OpenState[openCount];
        _pages = budget.Allocate(checked((long)pageCount * Page.PageBytes), "key/value cache");
        try
        {
            _open = budget.Allocate(checked(openCount * OpenLength * sizeof(float)), "open blocks of the value cache");
            int rawCount = layout.ValueType == DataType.Float32 ? 0 : layout.RawPageCount;
            _rawPages = new RawPagePool(budget, rawCount, Page.RowsLength);
            Attention = CreateAttention(budget, threadCount);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where things stand in a page.</summary>
    public PageLayout Page { get; }

    /// <summary>Attention over this cache.</summary>
    public IAttention Attention { get; }

    /// <summary>What was sealed so far.</summary>
    public CacheCounters Counters { get; } = new();

    /// <inheritdoc />
    public override long BlockByteSize => (long)Layout.LayerCount * _kvHeads * Page.PageBytes;

    /// <inheritdoc />
    public override KvCacheStatistics Statistics => Counters.Read(_rawPages.UsedCount);

    // Two buffers of rows, then running k, then nMin.
    private long OpenLength => (2L * Page.RowsLength) + (2L * Page.PaddedDim);

    /// <summary>A page.</summary>
    public byte* PageAt(int layer, int block, int head) =>
        _pages.Pointer + ((long)PageIndex(layer, block, head) * Page.PageBytes);

    /// <summary>State of a page.</summary>
    public ref BlockState StateAt(int layer, int block, int head) => ref _blockStates[PageIndex(layer, block, head)];

    /// <summary>State of an open block.</summary>
    public ref OpenState OpenAt(int layer, int slot, int head) => ref _openStates[OpenIndex(layer, slot, head)];

    /// <summary>One of the two row buffers of an open block.</summary>
    public float* OpenRows(int layer, int slot, int head, int buffer) =>
        (float*)_open.Pointer + (OpenIndex(layer, slot, head) * OpenLength) + ((long)buffer * Page.RowsLength);

    /// <summary>Running k of an open block; nMin follows it.</summary>
    public int* OpenShifts(int layer, int slot, int head) =>
        (int*)_open.Pointer + (OpenIndex(layer, slot, head) * OpenLength) + (2L * Page.RowsLength);

    /// <summary>
    /// The fp32 rows of a sealed raw page: the page's own values if they are fp32, else its raw page.
    /// </summary>
    public float* SealedRows(int layer, int block, int head)
    {
        int number = StateAt(layer, block, head).RawPageNumber;
        return number > 0 ? _rawPages.Rows(number) : (float*)(PageAt(layer, block, head) + Page.ValueOffset);
    }

    /// <summary>Gives a raw page what it needs besides its own memory; false if that has run out.</summary>
    public bool TryTakeRawPage(ref BlockState state) =>
        Layout.ValueType == DataType.Float32 || state.RawPageNumber > 0 || _rawPages.TryTake(out state.RawPageNumber);

    /// <inheritdoc />
    public override void ReleaseBlock(int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Layout.BlockCount);
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            for (int head = 0; head < _kvHeads; head++)
            {
                ref BlockState state = ref StateAt(layer, block, head);
                if (state.RawPageNumber > 0)
                {
                    _rawPages.Return(state.RawPageNumber);
                }

                state = default;
            }
        }
    }

    /// <inheritdoc />
    public override int RawPagesOf(int block)
    {
        int count = 0;
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            for (int head = 0; head < _kvHeads; head++)
            {
                count += StateAt(layer, block, head).RawPageNumber > 0 ? 1 : 0;
            }
        }

        return count;
    }

    /// <inheritdoc />
    public override void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot)
    {
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            for (int head = 0; head < _kvHeads; head++)
            {
                CopyOpenPage(layer, head, fromBlock, fromSlot, toBlock, toSlot);
            }
        }
    }

    /// <inheritdoc />
    public override void Truncate(int block, int slot, int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowCount);
        ForEachPage((layer, head) => CheckRows(in OpenAt(layer, slot, head), block, slot, rowCount));
        ForEachPage((layer, head) =>
        {
            if (OpenAt(layer, slot, head).RowCount > rowCount)
            {
                Attention.RebuildOpenBlock(layer, block, slot, head, rowCount);
            }
        });
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        Attention?.Dispose();
        _rawPages?.Dispose();
        _open?.Dispose();
        _pages.Dispose();
    }

    private void CopyOpenPage(int layer, int head, int fromBlock, int fromSlot, int toBlock, int toSlot)
    {
        OpenState open = OpenAt(layer, fromSlot, head);
        if (open.BlockNumber != fromBlock + 1 || open.RowCount is 0 || open.RowCount == Layout.BlockSize)
        {
            throw new InvalidOperationException(
                $"Block {fromBlock} is not open in slot {fromSlot}, which has {open.RowCount} rows of block "
                + $"{open.BlockNumber - 1}.");
        }

        // Nothing is sealed, so there is no raw page to copy: raw rows are among the rows of the slot.
        StateAt(layer, toBlock, head) = StateAt(layer, fromBlock, head);
        OpenAt(layer, toSlot, head) = open with { BlockNumber = toBlock + 1 };
        new ReadOnlySpan<byte>(PageAt(layer, fromBlock, head), Page.PageBytes)
            .CopyTo(new Span<byte>(PageAt(layer, toBlock, head), Page.PageBytes));
        int length = open.RowCount * Page.PaddedDim;
        new ReadOnlySpan<float>(OpenRows(layer, fromSlot, head, open.Buffer), length)
            .CopyTo(new Span<float>(OpenRows(layer, toSlot, head, open.Buffer), length));
        new ReadOnlySpan<int>(OpenShifts(layer, fromSlot, head), 2 * Page.PaddedDim)
            .CopyTo(new Span<int>(OpenShifts(layer, toSlot, head), 2 * Page.PaddedDim));
    }

    private void ForEachPage(Action<int, int> action)
    {
        for (int layer = 0; layer < Layout.LayerCount; layer++)
        {
            for (int head = 0; head < _kvHeads; head++)
            {
                action(layer, head);
            }
        }
    }

    private void CheckRows(in OpenState open, int block, int slot, int rowCount)
    {
        if (open.BlockNumber != block + 1 || open.RowCount < rowCount || open.RowCount == Layout.BlockSize)
        {
            throw new InvalidOperationException(
                $"Block {block} is not open with {rowCount} rows or more in slot {slot}, which has {open.RowCount} rows "
                + $"of block {open.BlockNumber - 1}.");
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }

    private static int CheckedCount(int layers, int blocks, int heads, string what)
    {
        long count = checked((long)layers * blocks * heads);
        Require(count <= Array.MaxLength, $"{count} {what} are more than a cache can count.");
        return (int)count;
    }

    private IAttention CreateAttention(MemoryBudget budget, int threads) => (Layout.KeyType, Layout.ValueType) switch
    {
        (DataType.BFloat16, DataType.BFloat16) => new LaserAttention<BFloat16Pairs, BFloat16Pairs>(this, budget, threads),
        (DataType.BFloat16, DataType.Float32) => new LaserAttention<BFloat16Pairs, SinglePairs>(this, budget, threads),
        (DataType.Float32, DataType.BFloat16) => new LaserAttention<SinglePairs, BFloat16Pairs>(this, budget, threads),
        (DataType.Float32, DataType.Float32) => new LaserAttention<SinglePairs, SinglePairs>(this, budget, threads),
        _ => throw new ArgumentException(
            $"Cache types {Layout.KeyType} (keys) and {Layout.ValueType} (values): the CPU has Float32 and BFloat16."),
    };

    private int PageIndex(int layer, int block, int head)
    {
        Debug.Assert(
            (uint)layer < (uint)Layout.LayerCount && (uint)block < (uint)Layout.BlockCount, "block of the cache");
        return (((layer * Layout.BlockCount) + block) * _kvHeads) + head;
    }

    private int OpenIndex(int layer, int slot, int head)
    {
        Debug.Assert(
            (uint)layer < (uint)Layout.LayerCount && (uint)slot < (uint)Layout.OpenSlotCount, "slot of the cache");
        return (((layer * Layout.OpenSlotCount) + slot) * _kvHeads) + head;
    }
}
