using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Kernels;

/// <summary>
/// <see cref="RmsNormKernel"/> in place on each head of a row, one weight for all heads; one row per task.
/// </summary>
internal sealed unsafe class HeadRmsNormJob : RowJob
{
    private CpuTensor _tensor = null!;
    private CpuTensor _weight = null!;
    private int _firstColumn;
    private int _headCount;
    private int _headDim;
    private float _epsilon;

    /// <summary>
    /// Normalises <paramref name="headCount"/> heads from <paramref name="firstColumn"/> on in the first rows.
    /// </summary>
    public void Apply(
        WorkerPool pool,
        CpuTensor tensor,
        int rows,
        int firstColumn,
        int headCount,
        int headDim,
        CpuTensor weight,
        float epsilon)
    {
        _tensor = tensor;
        _firstColumn = firstColumn;
        _headCount = headCount;
        _headDim = headDim;
        _weight = weight;
        _epsilon = epsilon;
        RunRows(pool, rows, headCount * headDim);
    }

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        float* head = _tensor.Row(row) + _firstColumn;
        for (int i = 0; i < _headCount; i++)
        {
            RmsNormKernel.Apply(head, _weight.Row(0), _headDim, _epsilon, head);
            head += _headDim;
        }
    }
}
