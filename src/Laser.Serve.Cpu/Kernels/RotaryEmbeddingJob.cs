using System.Runtime.Intrinsics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Kernels;

/// <summary>
/// Rotary position embedding in place, half-split, for i below h; channels from 2h on stay:
/// <code>
///   x[i], x[i + h] = x[i] c[i] - x[i + h] s[i], x[i + h] c[i] + x[i] s[i]
/// </code>
/// c and s stand in row <c>position</c> of the table: <c>cos 0..h-1 | sin 0..h-1</c>.
/// <para>
/// Lanes are channels of a half; channels behind the last 16 go one by one, with the same roundings. One row per task.
/// </para>
/// </summary>
internal sealed unsafe class RotaryEmbeddingJob : RowJob
{
    private const int Lanes = 16;

    private ForwardBatch _batch = null!;
    private CpuTensor _tensor = null!;
    private CpuTensor _table = null!;
    private int _headCount;
    private int _headDim;

    /// <summary>Rotates the first <paramref name="headCount"/> heads of every row of the batch.</summary>
    public void Apply(
        WorkerPool pool, ForwardBatch batch, CpuTensor tensor, int headCount, int headDim, CpuTensor table)
    {
        _batch = batch;
        _tensor = tensor;
        _headCount = headCount;
        _headDim = headDim;
        _table = table;
        RunRows(pool, batch.TokenCount, headCount * table.Columns);
    }

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        int position = _batch.Positions[row];
        if ((uint)position >= (uint)_table.RowCapacity)
        {
            throw new ArgumentException(
                $"Position {position} of row {row} is not in a rotary table of {_table.RowCapacity} positions.");
        }

        int half = _table.Columns / 2;
        float* cos = _table.Row(position);
        float* head = _tensor.Row(row);
        for (int i = 0; i < _headCount; i++)
        {
            Rotate(head, cos, cos + half, half);
            head += _headDim;
        }
    }

    private static void Rotate(float* x, float* cos, float* sin, int half)
    {
        float* y = x + half;
        int i = 0;
        for (; i <= half - Lanes; i += Lanes)
        {
            Vector512<float> a = Vector512.Load(x + i);
            Vector512<float> b = Vector512.Load(y + i);
            Vector512<float> c = Vector512.Load(cos + i);
            Vector512<float> s = Vector512.Load(sin + i);
            Vector512.FusedMultiplyAdd(a, c, -(b * s)).Store(x + i);
            Vector512.FusedMultiplyAdd(b, c, a * s).Store(y + i);
        }

        for (; i < half; i++)
        {
            float a = x[i];
            float b = y[i];
            x[i] = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
            y[i] = MathF.FusedMultiplyAdd(b, cos[i], a * sin[i]);
        }
    }
}
