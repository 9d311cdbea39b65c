using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Matrix products by fused multiply-adds of fp32 inputs with bf16 or fp32 weights; the arithmetic is that of
/// <see cref="LinearTile"/>. Inputs of an item and a panel stay in the second-level cache.
/// </summary>
internal sealed unsafe class FusedLinearJob(MemoryBudget budget, int threadCount)
    : LinearJob(budget, threadCount, MostRowsPerItem)
{
    private const int MostRowsPerItem = 64;

    /// <inheritdoc />
    protected override void Multiply(byte* panel, int firstRow, int rows, float* bias, float* y, nint yStride)
    {
        if (Weight.Format == WeightFormat.BFloat16)
        {
            Multiply<BFloat16Pairs>(panel, firstRow, rows, bias, y, yStride);
        }
        else
        {
            Multiply<SinglePairs>(panel, firstRow, rows, bias, y, yStride);
        }
    }

    private void Multiply<T>(byte* panel, int firstRow, int rows, float* bias, float* y, nint yStride)
        where T : struct, IPairFormat
    {
        int row = 0;
        for (; row <= rows - LinearTile.Rows; row += LinearTile.Rows)
        {
            LinearTileRows x = new(Input.Row(firstRow + row), Input.Columns, LinearTile.Rows);
            FourRows<T>(x, panel, bias, y + (row * yStride), yStride);
        }

        int left = rows - row;
        if (left == 1)
        {
            LinearTile.OneRow<T>(Input.Row(firstRow + row), panel, Weight.InputFeatures, bias, y + (row * yStride));
        }
        else if (left > 1)
        {
            float* tile = stackalloc float[LinearTile.Rows * PanelLayout.Outputs];
            FourRows<T>(new(Input.Row(firstRow + row), Input.Columns, left), panel, bias, tile, PanelLayout.Outputs);
            for (int i = 0; i < left; i++)
            {
                new Span<float>(tile + (i * PanelLayout.Outputs), PanelLayout.Outputs)
                    .CopyTo(new Span<float>(y + ((row + i) * yStride), PanelLayout.Outputs));
            }
        }
    }

    private void FourRows<T>(LinearTileRows x, byte* panel, float* bias, float* y, nint yStride)
        where T : struct, IPairFormat
    {
        if (Vector512.IsHardwareAccelerated)
        {
            LinearTile.FourRows<T>(in x, panel, Weight.InputFeatures, bias, y, yStride);
            return;
        }

        for (int lane = 0; lane < PanelLayout.Outputs; lane += 16)
        {
            LinearTile.FourRowsNarrow<T>(
                in x, panel + (lane * sizeof(float)), Weight.InputFeatures, bias + lane, y + lane, yStride);
        }
    }
}
