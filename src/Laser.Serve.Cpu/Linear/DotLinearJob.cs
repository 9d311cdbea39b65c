using Laser.Serve.Cpu.Emitted;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Matrix products by the processor's dot product of bf16 pairs: inputs are rounded to bf16 once per product, then
/// multiplied by <see cref="DotKernels"/>. Inputs are taken in blocks, so that the rows of a panel that meet a block
/// stay in the first-level cache from tile to tile; the sums wait in the output.
/// </summary>
internal sealed unsafe class DotLinearJob : LinearJob
{
    private const int PairsPerBlock = 128;
    private const int FewRows = 16;

    // Many rows: four by a whole panel. Few: the weights come from memory, and eight rows share a read of them.
    private const int TileOfMany = 4;
    private const int TileOfFew = 8;

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
            new Span<float>(bias, PanelLayout.Outputs).CopyTo(new Span<float>(y + (row * yStride), PanelLayout.Outputs));
        }

        int tile = rows > FewRows ? TileOfMany : TileOfFew;
        int pairs = (Weight.InputFeatures + 1) / 2;
        int block = rows > TileOfFew ? PairsPerBlock : pairs;
        for (int pair = 0; pair < pairs; pair += block)
        {
            int count = Math.Min(block, pairs - pair);
            byte* weights = panel + ((nint)pair * PanelLayout.RowBytes);
            for (int row = 0; row < rows; row += tile)
            {
                _kernels.Multiply(
                    Math.Min(tile, rows - row),
                    _rounded.Row(firstRow + row) + (pair * sizeof(uint)),
                    _rounded.Stride,
                    weights,
                    count,
                    y + (row * yStride),
                    yStride * sizeof(float));
            }
        }
    }
}
