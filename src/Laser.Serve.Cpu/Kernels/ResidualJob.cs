using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Kernels;

/// <summary>
/// <c>residual += delta</c>. Lanes are columns; columns behind the last 16 go one by one. One row per task.
/// </summary>
internal sealed unsafe class ResidualJob : RowJob
{
    private const int Lanes = 16;

    private CpuTensor _residual = null!;
    private CpuTensor _delta = null!;

    /// <summary>Adds the first <paramref name="rows"/> rows.</summary>
    public void Apply(WorkerPool pool, CpuTensor residual, int rows, CpuTensor delta)
    {
        _residual = residual;
        _delta = delta;
        RunRows(pool, rows, residual.Columns);
    }

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        float* residual = _residual.Row(row);
        float* delta = _delta.Row(row);
        int columns = _residual.Columns;
        int i = 0;
        for (; i <= columns - Lanes; i += Lanes)
        {
            (Vector512.Load(residual + i) + Vector512.Load(delta + i)).Store(residual + i);
        }

        for (; i < columns; i++)
        {
            residual[i] += delta[i];
        }
    }
}
