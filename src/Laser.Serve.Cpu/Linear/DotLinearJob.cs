using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Emitted;
using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Matrix products by the processor's dot product of bf16 pairs: inputs are rounded to bf16 once per product, then
/// multiplied by <see cref="DotKernels"/>. The first tile of rows brings a panel into the second-level cache, from
/// where the others take it as fast as they can multiply.
/// </summary>
internal sealed unsafe class DotLinearJob : LinearJob
{
    private readonly MemoryBudget _budget;
    private readonly DotKernels _kernels;
    private readonly RoundedRows _rounded = new();
    private AlignedBuffer? _buffer;

    /// <summary>Takes scratch memory for each thread.</summary>
    public DotLinearJob(MemoryBudget budget, int threadCount, DotKernels kernels)
        : base(budget, threadCount, RowsPerPass)
    {
        _budget = budget;
        _kernels = kernels;
    }

    /// <summary>Makes room for rows of so many numbers; before they are first multiplied.</summary>
    public void Reserve(int inputFeatures)
    {
        long size = RowsPerPass * RoundedRows.StrideOf(inputFeatures);
        if (size > (_buffer?.ByteSize ?? 0))
        {
            _buffer?.Dispose();
            _buffer = _budget.Allocate(size, "inputs of matrix products in bf16");
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        _buffer?.Dispose();
    }

    /// <inheritdoc />
    protected override void Prepare(WorkerPool pool, int firstRow, int rows) =>
        _rounded.Apply(pool, Input, firstRow, rows, _buffer!.Pointer);

    /// <inheritdoc />
    protected override void Multiply(byte* panel, int firstRow, int rows, float* bias, float* y, nint yStride)
    {
        for (int row = 0; row < rows; row++)
        {
            new Span<float>(bias, PanelLayout.Outputs)
                .CopyTo(new Span<float>(y + (row * yStride), PanelLayout.Outputs));
        }

        int pairs = (Weight.InputFeatures + 1) / 2;
        for (int row = 0; row < rows; row += DotKernels.MostRows)
        {
            _kernels.Multiply(
                Math.Min(DotKernels.MostRows, rows - row),
                _rounded.Row(firstRow + row),
                _rounded.Stride,
                panel,
                pairs,
                y + (row * yStride),
                yStride * sizeof(float));
        }
    }
}
