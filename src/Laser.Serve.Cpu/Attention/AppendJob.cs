using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// First half of attention: writes the keys and values of a step to the cache and seals the blocks that became full. An
/// item is one sequence at one key/value head. A sequence with a value that is not finite or beyond 2^20 fails before
/// anything of that head is written.
/// </summary>
internal sealed unsafe class AppendJob<TKey, TValue> : ParallelJob
    where TKey : struct, IPairFormat
    where TValue : struct, IPairFormat
{
    private readonly AttentionStep _step;
    private readonly CpuKvCache _cache;
    private readonly PageLayout _page;
    private readonly ValueCacheFormat _format;
    private readonly AttentionScratch[] _scratch;
    private readonly int _kvHeads;
    private readonly bool _laser;
    private int _rawSealCount;

    /// <summary>Belongs to one cache.</summary>
    public AppendJob(AttentionStep step, AttentionScratch[] scratch)
    {
        _step = step;
        _cache = step.Cache;
        _page = _cache.Page;
        _scratch = scratch;
        _format = ValueCacheFormat.For(TValue.Type);
        _kvHeads = _cache.Layout.Attention.KvHeads;
        _laser = _cache.Layout.Attention.Variant == AttentionVariant.Laser;
    }

    /// <summary>Appends all new rows; <paramref name="alone"/> when they are few.</summary>
    public void Apply(WorkerPool pool, bool alone)
    {
        _rawSealCount = 0;
        int itemCount = checked(_step.SequenceCount * _kvHeads);
        if (alone)
        {
            WorkerPool.RunAlone(this, itemCount);
        }
        else
        {
            pool.Run(this, itemCount);
        }

        if (_rawSealCount > 0)
        {
            KeepRawRows();
        }
    }

    /// <inheritdoc />
    public override void Run(int item, int worker)
    {
        int sequence = item / _kvHeads;
        int head = item % _kvHeads;
        if (_step.HasFailed(sequence))
        {
            return;
        }

        int rowCount = _step.RowCount(sequence);
        if (!AreInRange(sequence, head, rowCount))
        {
            _step.Fail(sequence, SequenceFault.ValueOutOfRange);
            return;
        }

        ref OpenState open = ref _cache.OpenAt(_step.Layer, _step.OpenSlot(sequence), head);
        open.BufferBefore = open.Buffer;
        for (int row = 0; row < rowCount;)
        {
            int position = _step.StartPosition(sequence) + row;
            int inBlock = position % _page.BlockSize;
            int count = Math.Min(_page.BlockSize - inBlock, rowCount - row);
            int block = _step.Blocks(sequence)[position / _page.BlockSize];
            Enter(ref open, sequence, block, inBlock);
            AppendKeys(sequence, head, row, inBlock, count, block);
            AppendValues(ref open, sequence, head, row, inBlock, count, block, _scratch[worker]);
            row += count;
        }
    }

    private bool AreInRange(int sequence, int head, int rowCount)
    {
        for (int row = 0; row < rowCount; row++)
        {
            if (!AreInRange(new ReadOnlySpan<float>(_step.Value(sequence, row, head), _page.Dim)))
            {
                return false;
            }
        }

        return true;
    }

    // False for NaN as well: it compares with nothing.
    private static bool AreInRange(ReadOnlySpan<float> values)
    {
        ref float start = ref MemoryMarshal.GetReference(values);
        Vector128<float> limit = Vector128.Create(ValueCacheFormat.LargestValue);
        int i = 0;
        for (; i <= values.Length - Vector128<float>.Count; i += Vector128<float>.Count)
        {
            if (!Vector128.LessThanOrEqualAll(Vector128.Abs(Vector128.LoadUnsafe(ref start, (nuint)i)), limit))
            {
                return false;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!(MathF.Abs(values[i]) <= ValueCacheFormat.LargestValue))
            {
                return false;
            }
        }

        return true;
    }

    // A block begins at its first row and then goes on in the same slot, row after row.
    private void Enter(ref OpenState open, int sequence, int block, int inBlock)
    {
        if ((uint)block >= (uint)_cache.Layout.BlockCount)
        {
            throw new ArgumentException($"Block {block} of sequence {sequence} is not in a pool of {_cache.Layout.BlockCount}.");
        }

        if (inBlock == 0)
        {
            open.BlockNumber = block + 1;
            open.RowCount = 0;

            // Not a flip: however many blocks a step begins, the rows of the one that was open before it must stay readable.
            open.Buffer = open.BufferBefore ^ 1;
        }
        else if (open.BlockNumber != block + 1 || open.RowCount != inBlock)
        {
            throw new InvalidOperationException(
                $"Sequence {sequence} goes on at row {inBlock} of block {block}, but its open slot "
                + $"{_step.OpenSlot(sequence)} has {open.RowCount} rows of block {open.BlockNumber - 1}.");
        }
    }

    private void AppendKeys(int sequence, int head, int row, int inBlock, int count, int block)
    {
        byte* page = _cache.PageAt(_step.Layer, block, head);
        for (int i = 0; i < count; i++)
        {
            KeyPage<TKey>.Store(page, inBlock + i, _step.Key(sequence, row + i, head), _page);
        }
    }

    private void AppendValues(
        ref OpenState open,
        int sequence,
        int head,
        int row,
        int inBlock,
        int count,
        int block,
        AttentionScratch scratch)
    {
        _step.CopyNewValues(sequence, head, row, count, scratch.Rows);
        byte* page = _cache.PageAt(_step.Layer, block, head);
        int slot = _step.OpenSlot(sequence);
        RunningBlock running = new()
        {
            Values = page + _page.ValueOffset,
            PageShifts = (short*)(page + _page.ShiftOffset),
            Shifts = _cache.OpenShifts(_step.Layer, slot, head),
            Lowest = _cache.OpenShifts(_step.Layer, slot, head) + _page.PaddedDim,
            Raw = open.Raw,
        };
        if (_laser)
        {
            ValueAppend<TValue>.Append(ref running, scratch.Rows, inBlock, count, _page, _format, scratch.Split);
        }
        else
        {
            ValueAppend<TValue>.AppendPlain(ref running, scratch.Rows, inBlock, count, _page);
        }

        open.Raw = running.Raw;
        open.RowCount = inBlock + count;
        ref BlockState state = ref _cache.StateAt(_step.Layer, block, head);
        state.Raw = running.Raw;
        state.Spread = (byte)Math.Min(running.Spread, byte.MaxValue);
        state.Sealed = open.RowCount == _page.BlockSize;
        if (state.Sealed)
        {
            _cache.Counters.CountSealed(in state, _format.Wide);
            if (state.Raw)
            {
                Interlocked.Increment(ref _rawSealCount);
            }
        }
        else
        {
            int length = count * _page.PaddedDim;
            float* rows = _cache.OpenRows(_step.Layer, slot, head, open.Buffer) + (inBlock * _page.PaddedDim);
            new ReadOnlySpan<float>(scratch.Rows, length).CopyTo(new Span<float>(rows, length));
        }
    }

    // Serial and in order, so that which sequence gets the last raw page does not depend on the threads.
    private void KeepRawRows()
    {
        for (int sequence = 0; sequence < _step.SequenceCount; sequence++)
        {
            int first = _step.StartPosition(sequence) / _page.BlockSize;
            int end = _step.ContextLength(sequence) / _page.BlockSize;
            for (int index = first; index < end; index++)
            {
                for (int head = 0; head < _kvHeads && !_step.HasFailed(sequence); head++)
                {
                    KeepRawRows(sequence, head, index);
                }
            }
        }
    }

    private void KeepRawRows(int sequence, int head, int blockIndex)
    {
        int block = _step.Blocks(sequence)[blockIndex];
        ref BlockState state = ref _cache.StateAt(_step.Layer, block, head);
        if (!state.Raw)
        {
            return;
        }

        if (!_cache.TryTakeRawPage(ref state))
        {
            _step.Fail(sequence, SequenceFault.RawPoolExhausted);
            return;
        }

        float* rows = _cache.SealedRows(_step.Layer, block, head);
        _step.CopyBlockValues(sequence, head, blockIndex, _page.BlockSize, rows);
    }
}
