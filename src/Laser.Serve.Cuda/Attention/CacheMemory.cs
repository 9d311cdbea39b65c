using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Attention;

/// <summary>
/// Device memory of a cache, and where each layer's part of it begins. States, counters and free pages start as zero or as given; pages
/// and rows hold what was there.
/// </summary>
internal sealed class CacheMemory : IDisposable
{
    /// <summary>Counters before those by spread: sealed, wide, raw, largest spread.</summary>
    public const int LeadingCounters = 4;

    private readonly KvCacheLayout _layout;
    private readonly AttentionShape _shape;
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly DeviceBuffer _pages;
    private readonly DeviceBuffer _states;
    private readonly DeviceBuffer _openStates;
    private readonly DeviceBuffer _openRows;
    private readonly DeviceBuffer _openRanges;
    private readonly DeviceBuffer _rawRows;
    private readonly DeviceBuffer _rawFree;

    /// <summary>Takes the memory.</summary>
    /// <exception cref="InsufficientMemoryException">The device has not that much.</exception>
    public CacheMemory(CudaDevice device, KvCacheLayout layout, AttentionShape shape)
    {
        _layout = layout;
        _shape = shape;
        long pages = checked((long)layout.LayerCount * layout.BlockCount * layout.Attention.KvHeads);
        long slots = checked((long)layout.LayerCount * layout.OpenSlotCount);
        long openHeads = checked(slots * layout.Attention.KvHeads);
        RawPageCount = layout.ValueType == DataType.Float32 ? 0 : layout.RawPageCount;
        try
        {
            _pages = Take(device, checked(pages * shape.PageBytes), "key/value cache");
            _states = Take(device, checked(pages * AttentionShape.PageStateBytes), "states of the key/value cache");
            _openStates = Take(device, slots * AttentionShape.OpenStateInts * sizeof(int), "open blocks of the value cache");
            _openRows = Take(device, checked(openHeads * 2 * shape.RowsLength * sizeof(float)), "open blocks of the value cache");
            _openRanges = Take(device, checked(openHeads * RangeBuffersLength(shape) * sizeof(int)), "open blocks of the value cache");
            _rawRows = Take(device, checked((long)RawPageCount * shape.RowsLength * sizeof(float)), "raw pages of the value cache");
            _rawFree = Take(device, (long)RawPageCount * sizeof(int), "raw pages of the value cache");
            RawPagesOfBlock = Take(device, (long)layout.BlockCount * sizeof(int), "raw pages of the value cache");
            Counters = Take(device, (LeadingCounters + byte.MaxValue + 1) * sizeof(long), "counters of the value cache");
            RawCounts = Take(device, 2 * sizeof(int), "counters of the value cache");
            Clear();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Raw pages there are.</summary>
    public int RawPageCount { get; }

    /// <summary>int32 per block: raw pages it holds, all layers and heads.</summary>
    public DeviceBuffer RawPagesOfBlock { get; }

    /// <summary>int64: <see cref="LeadingCounters"/>, then blocks sealed by their spread.</summary>
    public DeviceBuffer Counters { get; }

    /// <summary>int32: free raw pages, and whether the step sealed a raw block.</summary>
    public DeviceBuffer RawCounts { get; }

    /// <summary>States of the open slots, <see cref="AttentionShape.OpenStateInts"/> numbers per layer and slot.</summary>
    public DeviceBuffer OpenStateBuffer => _openStates;

    /// <summary>fp32 rows of raw pages.</summary>
    public ulong RawRows => _rawRows.Address;

    /// <summary>Numbers of the free raw pages, a stack.</summary>
    public ulong RawFree => _rawFree.Address;

    /// <summary>How many of them there are.</summary>
    public ulong RawFreeCount => RawCounts.Address;

    /// <summary>Whether the step sealed a raw block.</summary>
    public ulong RawSealed => RawCounts.Address + sizeof(int);

    /// <summary>Pages of a layer.</summary>
    public ulong Pages(int layer) => _pages.Address + (ulong)((long)layer * _layout.BlockCount * _layout.Attention.KvHeads * _shape.PageBytes);

    /// <summary>States of a layer's pages.</summary>
    public ulong States(int layer) =>
        _states.Address + (ulong)((long)layer * _layout.BlockCount * _layout.Attention.KvHeads * AttentionShape.PageStateBytes);

    /// <summary>States of a layer's open slots.</summary>
    public ulong OpenStates(int layer) =>
        _openStates.Address + (ulong)((long)layer * _layout.OpenSlotCount * AttentionShape.OpenStateInts * sizeof(int));

    /// <summary>fp32 rows of a layer's open blocks.</summary>
    public ulong OpenRows(int layer) => _openRows.Address + (ulong)(OpenHeads(layer) * 2 * _shape.RowsLength * sizeof(float));

    /// <summary>Running shifts and lowest exponents of a layer's open blocks.</summary>
    public ulong OpenRanges(int layer) => _openRanges.Address + (ulong)(OpenHeads(layer) * RangeBuffersLength(_shape) * sizeof(int));

    /// <summary>Frees all.</summary>
    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    // Two buffers of shifts and lowest exponents.
    private static int RangeBuffersLength(AttentionShape shape) => 2 * 2 * shape.PaddedDim;

    private long OpenHeads(int layer) => (long)layer * _layout.OpenSlotCount * _layout.Attention.KvHeads;

    private DeviceBuffer Take(CudaDevice device, long bytes, string purpose)
    {
        // An address is wanted even where there is nothing to hold.
        var buffer = new DeviceBuffer(device, Math.Max(bytes, sizeof(long)), purpose);
        _buffers.Add(buffer);
        return buffer;
    }

    private void Clear()
    {
        foreach (DeviceBuffer buffer in (DeviceBuffer[])[_states, _openStates, RawPagesOfBlock, Counters])
        {
            buffer.Clear();
        }

        // The last one is taken first.
        int[] free = [.. Enumerable.Range(0, RawPageCount).Select(i => RawPageCount - i)];
        _rawFree.Upload<int>(free);
        RawCounts.Upload<int>([RawPageCount, 0]);
    }
}
