using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Matrix products of quantized weights and inputs quantized to 16 bits once per product; the arithmetic is that of
/// <see cref="Int8Tile"/>.
/// </summary>
internal sealed unsafe class Int8LinearJob : LinearJob
{
    private const int TileRows = 4;

    private readonly MemoryBudget _budget;
    private readonly QuantizedRows _quantized = new();
    private AlignedBuffer? _buffer;

    /// <summary>Takes scratch memory for each thread.</summary>
    public Int8LinearJob(MemoryBudget budget, int threadCount)
        : base(budget, threadCount, RowsPerPass)
    {
        _budget = budget;
    }

    /// <summary>Makes room for rows of so many numbers; before they are first multiplied.</summary>
    public void Reserve(int inputFeatures)
    {
        long size = RowsPerPass * QuantizedRows.StrideOf(inputFeatures);
        if (size > (_buffer?.ByteSize ?? 0))
        {
            _buffer?.Dispose();
            _buffer = _budget.Allocate(size, "inputs of matrix products in 16 bits");
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
        _quantized.Apply(pool, Input, firstRow, rows, _buffer!.Pointer);

    /// <inheritdoc />
    protected override void Multiply(byte* panel, int firstRow, int rows, float* bias, float* y, nint yStride)
    {
        int groups = GroupLayout.GroupCount(Weight.InputFeatures);
        int row = 0;
        for (; row <= rows - TileRows; row += TileRows)
        {
            FourRows(firstRow + row, panel, groups, y + (row * yStride), yStride);
        }

        for (; row < rows; row++)
        {
            Int8Tile.OneRow(_quantized.Pairs(firstRow + row), panel, groups, y + (row * yStride));
        }

        for (row = 0; row < rows; row++)
        {
            Int8Tile.Finish(y + (row * yStride), _quantized.Scale(firstRow + row), bias);
        }
    }

    private void FourRows(int row, byte* panel, int groups, float* y, nint yStride)
    {
        int* first = _quantized.Pairs(row);
        Int8TileRows x = new(first, (nint)(_quantized.Pairs(row + 1) - first));
        if (Vector512.IsHardwareAccelerated)
        {
            Int8Tile.FourRows(in x, panel, groups, y, yStride);
            return;
        }

        for (int lane = 0; lane < PanelLayout.Outputs; lane += 16)
        {
            Int8Tile.FourRowsNarrow(in x, panel, lane, groups, y + lane, yStride);
        }
    }
}
