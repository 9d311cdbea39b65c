using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Kernels;

/// <summary><see cref="RmsNormKernel"/> over whole rows; one row per task.</summary>
internal sealed unsafe class RmsNormJob : RowJob
{
    private CpuTensor _input = null!;
    private CpuTensor _weight = null!;
    private CpuTensor _output = null!;
    private float _epsilon;

    /// <summary>Normalises the first <paramref name="rows"/> rows.</summary>
    public void Apply(WorkerPool pool, CpuTensor input, int rows, CpuTensor weight, float epsilon, CpuTensor output)
    {
        _input = input;
        _weight = weight;
        _epsilon = epsilon;
        _output = output;
        RunRows(pool, rows, input.Columns);
    }

    /// <inheritdoc />
    protected override void RunRow(int row) =>
        RmsNormKernel.Apply(_input.Row(row), _weight.Row(0), _input.Columns, _epsilon, _output.Row(row));
}
