using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Steps;

namespace Laser.Serve.Cuda.Attention;

/// <summary>The paged key/value cache on a device, and attention over it.</summary>
internal sealed class CudaKvCache : KvCache
{
    private readonly CudaDevice _device;
    private readonly LaunchQueue _queue;
    private readonly AttentionShape _shape;
    private readonly CacheMemory _memory;
    private readonly AttentionKernels _kernels;
    private readonly AttentionOperation _operation;
    private readonly AttentionPlan _plan;
    private readonly OpenBlocks _open;
    private readonly long[] _counters = new long[CacheMemory.LeadingCounters + byte.MaxValue + 1];
    private readonly int[] _rawPagesOfBlock;
    private readonly int[] _openStates;
    private readonly int[] _rawCounts = new int[2];

    /// <summary>Takes the memory of all blocks and compiles the kernels.</summary>
    /// <exception cref="ArgumentException">The layout is not one this cache can have.</exception>
    /// <exception cref="InsufficientMemoryException">The memory is not there.</exception>
    public CudaKvCache(
        CudaDevice device,
        KernelLibrary kernels,
        LaunchQueue queue,
        KvCacheLayout layout,
        long partialsBudget = AttentionOperation.DefaultPartialsBudget)
        : base(layout)
    {
        _device = device;
        _queue = queue;
        _shape = new AttentionShape(layout);
        _kernels = new AttentionKernels(kernels, _shape);
        _memory = new CacheMemory(device, layout, _shape);
        _operation = new AttentionOperation(device, _kernels, _shape, layout, _memory, partialsBudget);
        _plan = new AttentionPlan(new StagedInts(device, 2, "tiles of attention"), layout);
        _open = new OpenBlocks(layout);
        _rawPagesOfBlock = new int[layout.BlockCount];
        _openStates = new int[layout.LayerCount * layout.OpenSlotCount * AttentionShape.OpenStateInts];
        _rawCounts[0] = _memory.RawPageCount;
    }

    /// <inheritdoc />
    public override long BlockByteSize => (long)Layout.LayerCount * Layout.Attention.KvHeads * _shape.PageBytes;

    /// <inheritdoc />
    public override KvCacheStatistics Statistics => new(
        _counters[0], _counters[1], _counters[2], _memory.RawPageCount - _rawCounts[0], (int)_counters[3])
    {
        SealedBySpread = _counters.AsMemory(CacheMemory.LeadingCounters),
    };

    /// <summary>Cuts a step's batch up, once for all layers.</summary>
    /// <exception cref="ArgumentException">A block is not in the pool.</exception>
    public void BeginStep(ForwardBatch batch) => _plan.Make(batch);

    /// <summary>Adds the launches of attention of a layer.</summary>
    /// <exception cref="InvalidOperationException">A sequence does not go on where its open block is.</exception>
    public void Attend(int layer, ForwardBatch batch, StepInputs inputs, CudaTensor qkv, CudaTensor output, ulong faults)
    {
        _open.Append(layer, batch);
        _operation.Launch(_queue, layer, batch, inputs, _plan, qkv, output, faults);
    }

    /// <summary>Reads back what the step, which is over, did to the cache.</summary>
    /// <param name="hasFault">Whether a sequence of it failed.</param>
    public void EndStep(bool hasFault)
    {
        int freeBefore = _rawCounts[0];
        _memory.Counters.Download<long>(_counters);
        _memory.RawCounts.Download<int>(_rawCounts);
        if (_rawCounts[0] != freeBefore)
        {
            _memory.RawPagesOfBlock.Download<int>(_rawPagesOfBlock);
        }

        if (hasFault)
        {
            _memory.OpenStateBuffer.Download<int>(_openStates);
            _open.Set(_openStates);
        }
    }

    /// <inheritdoc />
    public override void ReleaseBlock(int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Layout.BlockCount);
        if (_rawPagesOfBlock[block] == 0)
        {
            return;
        }

        _rawCounts[0] += _rawPagesOfBlock[block];
        _rawPagesOfBlock[block] = 0;
        Run(
            _kernels.Release,
            (1, 1, 1),
            32,
            0,
            Argument.Of(Layout.BlockCount),
            Argument.Of(Layout.LayerCount),
            Argument.Of(block),
            _memory.States(0),
            _memory.RawFree,
            _memory.RawFreeCount,
            _memory.RawPagesOfBlock.Address);
    }

    /// <inheritdoc />
    public override int RawPagesOf(int block) => _rawPagesOfBlock[block];

    /// <inheritdoc />
    public override void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot)
    {
        _open.Require(fromBlock, fromSlot, 1);
        _open.Copy(fromSlot, toBlock, toSlot);
        Run(
            _kernels.Copy,
            (Layout.LayerCount, Layout.Attention.KvHeads, 1),
            128,
            0,
            Argument.Of(Layout.BlockCount),
            Argument.Of(Layout.OpenSlotCount),
            Argument.Of(fromBlock),
            Argument.Of(fromSlot),
            Argument.Of(toBlock),
            Argument.Of(toSlot),
            _memory.Pages(0),
            _memory.States(0),
            _memory.OpenStates(0),
            _memory.OpenRows(0),
            _memory.OpenRanges(0));
    }

    /// <inheritdoc />
    public override void Truncate(int block, int slot, int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowCount);
        _open.Require(block, slot, rowCount);
        _open.Truncate(slot, rowCount);
        Run(
            _kernels.Truncate,
            (Layout.LayerCount, Layout.Attention.KvHeads, 1),
            _shape.ChannelThreads,
            8 * sizeof(int),
            Argument.Of(Layout.BlockCount),
            Argument.Of(Layout.OpenSlotCount),
            Argument.Of(block),
            Argument.Of(slot),
            Argument.Of(rowCount),
            _memory.Pages(0),
            _memory.States(0),
            _memory.OpenStates(0),
            _memory.OpenRows(0),
            _memory.OpenRanges(0));
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _plan.Dispose();
        _operation.Dispose();
        _memory.Dispose();
    }

    // Between steps: on the stream at once, ahead of whatever the next step adds.
    private void Run(
        CudaKernel kernel, (int X, int Y, int Z) grid, int threads, int sharedBytes, params ReadOnlySpan<ulong> arguments)
    {
        _device.Use();
        _queue.Add(kernel, grid, threads, sharedBytes, arguments);
        _queue.Flush();
    }
}
