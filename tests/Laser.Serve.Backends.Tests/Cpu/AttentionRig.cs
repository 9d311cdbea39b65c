using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>A backend with a one-layer cache that sequences are fed to in chunks.</summary>
internal sealed class AttentionRig : IDisposable
{
    private const int LargestStep = 1024;

    private readonly CpuBackend _backend;
    private readonly DeviceTensor _qkv;
    private readonly DeviceTensor _output;
    private readonly ForwardBatch _batch = new(LargestStep, 64, 4096);
    private readonly Stack<int> _freeBlocks = new();

    public AttentionRig(KvCacheLayout layout, int threads = 2)
    {
        _backend = new CpuBackend(new CpuOptions { ThreadCount = threads });
        Cache = _backend.CreateKvCache(layout);
        _qkv = _backend.CreateTensor(LargestStep, layout.Attention.QkvColumns);
        _output = _backend.CreateTensor(LargestStep, layout.Attention.QueryColumns);
        for (int block = layout.BlockCount - 1; block >= 0; block--)
        {
            _freeBlocks.Push(block);
        }

        // What is never written must not matter.
        for (int row = 0; row < LargestStep; row++)
        {
            ((CpuTensor)_qkv).Span(row).Fill(float.NaN);
            ((CpuTensor)_output).Span(row).Fill(float.NaN);
        }
    }

    public KvCache Cache { get; }

    public static KvCacheLayout Layout(LaserAttentionSpec spec, DataType type, int blockSize = 32) => new()
    {
        Attention = spec,
        LayerCount = 1,
        BlockSize = blockSize,
        BlockCount = 256,
        OpenSlotCount = 16,
        RawPageCount = 64,
        KeyType = type,
        ValueType = type,
    };

    /// <summary>
    /// Feeds the next <c>count</c> rows of each sequence in one step and appends its results to the sequence.
    /// </summary>
    public void Step(params (AttentionSequence Sequence, int Count)[] parts)
    {
        _batch.Clear();
        int row = 0;
        foreach ((AttentionSequence sequence, int count) in parts)
        {
            while (sequence.Blocks.Count < Cache.Layout.BlocksFor(sequence.Position + count))
            {
                sequence.Blocks.Add(_freeBlocks.Pop());
            }

            _batch.Add(new int[count], sequence.Position, sequence.Blocks.ToArray(), sequence.Slot, 0);
            for (int i = 0; i < count; i++)
            {
                sequence.Rows[sequence.Position + i].CopyTo(((CpuTensor)_qkv).Span(row++));
            }
        }

        _backend.BeginStep(_batch);
        _backend.Attend(Cache, 0, _batch, _qkv, _output);
        SequenceFault[] faults = new SequenceFault[parts.Length];
        _backend.EndStep(faults);
        row = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            AttentionSequence sequence = parts[i].Sequence;
            sequence.Fault = faults[i];
            for (int j = 0; j < parts[i].Count; j++)
            {
                sequence.Results.Add(((CpuTensor)_output).Span(row++).ToArray());
            }

            sequence.Position += parts[i].Count;
        }
    }

    /// <summary>Feeds a whole sequence in chunks of a size.</summary>
    public void Prefill(AttentionSequence sequence, int chunk)
    {
        while (sequence.Position < sequence.Rows.Count)
        {
            Step((sequence, Math.Min(chunk, sequence.Rows.Count - sequence.Position)));
        }
    }

    /// <summary>Gives the blocks of a sequence back.</summary>
    public void Release(AttentionSequence sequence)
    {
        foreach (int block in sequence.Blocks)
        {
            Cache.ReleaseBlock(block);
            _freeBlocks.Push(block);
        }

        sequence.Blocks.Clear();
    }

    public void Dispose()
    {
        Cache.Dispose();
        _qkv.Dispose();
        _output.Dispose();
        _backend.Dispose();
    }
}
