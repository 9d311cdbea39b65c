using System.Runtime.Intrinsics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Compute.Numerics;

namespace Laser.Serve.Cpu.Attention;

/// <summary>One call of attention: the batch, its rows and where each row goes.</summary>
internal sealed unsafe class AttentionStep
{
    private readonly LaserAttentionSpec _spec;
    private readonly PageLayout _page;
    private ForwardBatch _batch = null!;
    private CpuTensor _qkv = null!;
    private CpuTensor _output = null!;
    private SequenceFault[] _faults = null!;

    /// <summary>Belongs to one cache.</summary>
    public AttentionStep(CpuKvCache cache)
    {
        Cache = cache;
        _spec = cache.Layout.Attention;
        _page = cache.Page;
    }

    /// <summary>The cache.</summary>
    public CpuKvCache Cache { get; }

    /// <summary>The layer.</summary>
    public int Layer { get; private set; }

    /// <summary>Sequences of the batch.</summary>
    public int SequenceCount => _batch.SequenceCount;

    /// <summary>Takes the arguments of a call.</summary>
    public void Begin(int layer, ForwardBatch batch, CpuTensor qkv, CpuTensor output, SequenceFault[] faults)
    {
        Layer = layer;
        _batch = batch;
        _qkv = qkv;
        _output = output;
        _faults = faults;
    }

    /// <summary>New rows of a sequence.</summary>
    public int RowCount(int sequence) => _batch.QueryStarts[sequence + 1] - _batch.QueryStarts[sequence];

    /// <summary>Tokens of a sequence with the new rows.</summary>
    public int ContextLength(int sequence) => _batch.ContextLengths[sequence];

    /// <summary>Position of the first new row of a sequence.</summary>
    public int StartPosition(int sequence) => ContextLength(sequence) - RowCount(sequence);

    /// <summary>Slot of the open block of a sequence.</summary>
    public int OpenSlot(int sequence) => _batch.OpenSlots[sequence];

    /// <summary>Block ids of a sequence.</summary>
    public ReadOnlySpan<int> Blocks(int sequence) => _batch.BlockTable(sequence);

    /// <summary>Whether a sequence has failed.</summary>
    public bool HasFailed(int sequence) => _faults[sequence] != SequenceFault.None;

    /// <summary>Fails a sequence, if it has not failed already.</summary>
    public void Fail(int sequence, SequenceFault fault)
    {
        if (_faults[sequence] == SequenceFault.None)
        {
            _faults[sequence] = fault;
        }
    }

    /// <summary>Query of a new row.</summary>
    public float* Query(int sequence, int row, int queryHead) =>
        _qkv.Row(_batch.QueryStarts[sequence] + row) + (queryHead * _spec.HeadDim);

    /// <summary>Key of a new row.</summary>
    public float* Key(int sequence, int row, int head) =>
        _qkv.Row(_batch.QueryStarts[sequence] + row) + _spec.QueryColumns + (head * _spec.HeadDim);

    /// <summary>Value of a new row, before the softclamp.</summary>
    public float* Value(int sequence, int row, int head) => Key(sequence, row, head) + _spec.KvColumns;

    /// <summary>Where the result of a new row goes.</summary>
    public float* Output(int sequence, int row, int queryHead) =>
        _output.Row(_batch.QueryStarts[sequence] + row) + (queryHead * _spec.HeadDim);

    /// <summary>Sets the results of failed sequences to zero.</summary>
    public void ClearFailed()
    {
        for (int sequence = 0; sequence < SequenceCount; sequence++)
        {
            for (int row = 0; HasFailed(sequence) && row < RowCount(sequence); row++)
            {
                _output.Span(_batch.QueryStarts[sequence] + row).Clear();
            }
        }
    }

    /// <summary>
    /// Copies values of new rows, padded with zeros and softclamped, to rows of <see cref="PageLayout.PaddedDim"/>.
    /// </summary>
    public void CopyNewValues(int sequence, int head, int firstRow, int count, float* target)
    {
        for (int i = 0; i < count; i++, target += _page.PaddedDim)
        {
            Span<float> row = new(target, _page.PaddedDim);
            new ReadOnlySpan<float>(Value(sequence, firstRow + i, head), _page.Dim).CopyTo(row);
            row[_page.Dim..].Clear();
            if (_spec.ValueSoftclamp is float limit && _spec.Variant == AttentionVariant.Laser)
            {
                Softclamp(target, limit);
            }
        }
    }

    /// <summary>
    /// Copies values of a block that this step wrote to, from its first row on: rows older than the step from the open
    /// buffer, the others from the batch.
    /// </summary>
    public void CopyBlockValues(int sequence, int head, int blockIndex, int count, float* target)
    {
        int old = Math.Clamp(StartPosition(sequence) - (blockIndex * _page.BlockSize), 0, count);
        if (old > 0)
        {
            int slot = OpenSlot(sequence);
            int buffer = Cache.OpenAt(Layer, slot, head).BufferBefore;
            int length = old * _page.PaddedDim;
            new ReadOnlySpan<float>(Cache.OpenRows(Layer, slot, head, buffer), length).CopyTo(
                new Span<float>(target, length));
        }

        int firstRow = (blockIndex * _page.BlockSize) + old - StartPosition(sequence);
        CopyNewValues(sequence, head, firstRow, count - old, target + (old * _page.PaddedDim));
    }

    // c * tanh(v / c)
    private void Softclamp(float* row, float limit)
    {
        Vector512<float> c = Vector512.Create(limit);
        for (int i = 0; i < _page.PaddedDim; i += PageLayout.Lanes)
        {
            (c * VectorMath.Tanh(Vector512.Load(row + i) / c)).Store(row + i);
        }
    }
}
