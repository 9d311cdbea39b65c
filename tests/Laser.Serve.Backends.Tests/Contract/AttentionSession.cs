using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>A backend and a cache, driven through the contract with ready-made q, k and v.</summary>
internal sealed class AttentionSession : IDisposable
{
    private readonly IBackend _backend;
    private readonly bool _ownsBackend;

    public AttentionSession(IBackend backend, KvCacheLayout layout, bool ownsBackend = false)
    {
        _backend = backend;
        _ownsBackend = ownsBackend;
        Cache = backend.CreateKvCache(layout);
    }

    public KvCache Cache { get; }

    /// <summary>Runs one step of <see cref="IBackend.Attend"/>.</summary>
    /// <returns>Per sequence its output rows and its fault.</returns>
    public (float[] Output, SequenceFault Fault)[] Step(int layer, params SequenceRows[] sequences)
    {
        LaserAttentionSpec spec = Cache.Layout.Attention;
        float[] rows = [.. sequences.SelectMany(s => s.Qkv)];
        int count = rows.Length / spec.QkvColumns;
        ForwardBatch batch = CreateBatch(sequences, count, spec.QkvColumns);
        var faults = new SequenceFault[sequences.Length];
        float[] outputs = new float[count * spec.QueryColumns];
        using DeviceTensor qkv = _backend.LoadTable(new ArrayTensor("qkv", rows, count, spec.QkvColumns));
        using DeviceTensor output = _backend.CreateTensor(count, spec.QueryColumns);
        _backend.BeginStep(batch);
        _backend.Attend(Cache, layer, batch, qkv, output);
        _backend.Download(output, count, outputs);
        _backend.EndStep(faults);
        return [.. sequences.Select((_, i) => (
            outputs[(batch.QueryStarts[i] * spec.QueryColumns)..(batch.QueryStarts[i + 1] * spec.QueryColumns)],
            faults[i]))];
    }

    public void Dispose()
    {
        Cache.Dispose();
        if (_ownsBackend)
        {
            _backend.Dispose();
        }
    }

    private static ForwardBatch CreateBatch(SequenceRows[] sequences, int rows, int columns)
    {
        var batch = new ForwardBatch(rows, sequences.Length, sequences.Sum(s => s.BlockTable.Length));
        foreach (SequenceRows sequence in sequences)
        {
            int[] tokens = new int[sequence.Qkv.Length / columns];
            batch.Add(tokens, sequence.Start, sequence.BlockTable, sequence.OpenSlot, 0);
        }

        return batch;
    }
}
