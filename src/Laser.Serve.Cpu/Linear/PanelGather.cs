using System.Diagnostics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Embedding: <c>output[row] = table[id[row]]</c>, read back out of the panels so that a tied output head shares them.
/// A table row is one lane of its panel; one row per task.
/// </summary>
internal sealed unsafe class PanelGather : RowJob
{
    private ForwardBatch _batch = null!;
    private PackedMatrix _table = null!;
    private CpuTensor _output = null!;

    /// <summary>Looks up all rows of the batch.</summary>
    public void Apply(WorkerPool pool, ForwardBatch batch, PackedMatrix table, CpuTensor output)
    {
        Debug.Assert(table.Format != WeightFormat.Int8, "embeddings are not quantized");
        _batch = batch;
        _table = table;
        _output = output;
        RunRows(pool, batch.TokenCount, table.InputFeatures);
    }

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        int id = _batch.TokenIds[row];
        if ((uint)id >= (uint)_table.OutputFeatures)
        {
            throw new ArgumentException($"Token id {id} of row {row} is not in a table of {_table.OutputFeatures}.");
        }

        byte* panel = _table.Panel(id / PanelLayout.Outputs);
        int lane = id % PanelLayout.Outputs;
        Span<float> target = _output.Span(row)[.._table.InputFeatures];
        if (_table.Format == WeightFormat.BFloat16)
        {
            ushort* source = (ushort*)panel + (2 * lane);
            for (int i = 0; i < target.Length; i++)
            {
                ushort bits = source[((long)(i >> 1) * 2 * PanelLayout.Outputs) + (i & 1)];
                target[i] = BitConverter.UInt32BitsToSingle((uint)bits << 16);
            }
        }
        else
        {
            float* source = (float*)panel + lane;
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = source[(long)i * PanelLayout.Outputs];
            }
        }
    }
}
