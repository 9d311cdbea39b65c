using Laser.Serve.Compute;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// <c>output = input * weight^T + bias</c>, <c>[rows, inputs] x [outputs, inputs]</c>. An item is a block of rows by a
/// run of panels, small enough that inputs and panel stay in the second-level cache. How items fall does not touch any
/// bit of a result (see <see cref="LinearTile"/>).
/// </summary>
internal sealed unsafe class LinearJob : ParallelJob, IDisposable
{
    private const int RowsPerItem = 64;

    // Fewer multiply-adds than this are done sooner by one thread than dealt to two.
    private const long LeastParallelWork = 64 * 1024;

    // Weights per ticket: coarse enough for sequential reads, fine enough to balance.
    private const long PanelRunBytes = 64 * 1024;

    private readonly AlignedBuffer _scratch;
    private CpuTensor _input = null!;
    private CpuTensor _output = null!;
    private PackedMatrix _weight = null!;
    private float* _bias;
    private int _rows;
    private int _panelsPerItem;
    private int _itemsPerRowBlock;

    /// <summary>Takes scratch memory for each thread.</summary>
    public LinearJob(MemoryBudget budget, int threadCount)
    {
        _scratch = budget.Allocate(
            checked((long)threadCount * Scratch.Floats * sizeof(float)), "scratch of matrix products");
    }

    /// <summary>Computes the product for the first <paramref name="rows"/> rows.</summary>
    public void Apply(
        WorkerPool pool, CpuTensor input, int rows, PackedMatrix weight, CpuTensor? bias, CpuTensor output)
    {
        _input = input;
        _output = output;
        _weight = weight;
        _bias = bias is null ? null : bias.Row(0);
        _rows = rows;
        int wanted = (int)Math.Clamp(PanelRunBytes / weight.PanelBytes, 1, weight.PanelCount);
        _panelsPerItem = Math.Min(wanted, Math.Max(1, weight.PanelCount / (4 * pool.ThreadCount)));
        _itemsPerRowBlock = (weight.PanelCount + _panelsPerItem - 1) / _panelsPerItem;
        int itemCount = checked(_itemsPerRowBlock * ((rows + RowsPerItem - 1) / RowsPerItem));
        if ((long)rows * weight.InputFeatures * weight.OutputFeatures < LeastParallelWork)
        {
            WorkerPool.RunAlone(this, itemCount);
        }
        else
        {
            pool.Run(this, itemCount);
        }
    }

    /// <inheritdoc />
    public override void Run(int item, int worker)
    {
        Scratch scratch = new((float*)_scratch.Pointer + ((long)worker * Scratch.Floats));
        int firstRow = item / _itemsPerRowBlock * RowsPerItem;
        int endRow = Math.Min(_rows, firstRow + RowsPerItem);
        int firstPanel = item % _itemsPerRowBlock * _panelsPerItem;
        int endPanel = Math.Min(_weight.PanelCount, firstPanel + _panelsPerItem);
        for (int panel = firstPanel; panel < endPanel; panel++)
        {
            if (_weight.Type == DataType.BFloat16)
            {
                Multiply<BFloat16Pairs>(panel, firstRow, endRow, scratch);
            }
            else
            {
                Multiply<SinglePairs>(panel, firstRow, endRow, scratch);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _scratch.Dispose();

    private void Multiply<T>(int panel, int firstRow, int endRow, Scratch scratch)
        where T : struct, IPairFormat
    {
        int firstColumn = panel * PanelLayout.Outputs;
        int columns = Math.Min(PanelLayout.Outputs, _weight.OutputFeatures - firstColumn);
        float* bias = _bias + firstColumn;
        if (_bias == null || columns < PanelLayout.Outputs)
        {
            new Span<float>(scratch.Bias, PanelLayout.Outputs).Clear();
            if (_bias != null)
            {
                new Span<float>(bias, columns).CopyTo(new Span<float>(scratch.Bias, columns));
            }

            bias = scratch.Bias;
        }

        for (int row = firstRow; row < endRow; row += LinearTile.Rows)
        {
            int rows = Math.Min(LinearTile.Rows, endRow - row);
            float* output = _output.Row(row) + firstColumn;
            bool whole = columns == PanelLayout.Outputs && (rows == LinearTile.Rows || rows == 1);
            float* y = whole ? output : scratch.Tile;
            nint yStride = whole ? _output.Columns : PanelLayout.Outputs;
            MultiplyTile<T>(row, rows, _weight.Panel(panel), bias, y, yStride);
            if (!whole)
            {
                for (int i = 0; i < rows; i++)
                {
                    new Span<float>(scratch.Tile + (i * PanelLayout.Outputs), columns)
                        .CopyTo(new Span<float>(output + (i * (long)_output.Columns), columns));
                }
            }
        }
    }

    private void MultiplyTile<T>(int row, int rows, byte* panel, float* bias, float* y, nint yStride)
        where T : struct, IPairFormat
    {
        int inputs = _weight.InputFeatures;
        if (rows == 1)
        {
            LinearTile.OneRow<T>(_input.Row(row), panel, inputs, bias, y);
            return;
        }

        LinearTileRows x = new(_input.Row(0), _input.Columns, row, row + rows - 1);
        if (System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated)
        {
            LinearTile.FourRows<T>(in x, panel, inputs, bias, y, yStride);
            return;
        }

        for (int lane = 0; lane < PanelLayout.Outputs; lane += 16)
        {
            LinearTile.FourRowsNarrow<T>(in x, panel + (lane * sizeof(float)), inputs, bias + lane, y + lane, yStride);
        }
    }

    private readonly struct Scratch(float* start)
    {
        public const int Floats = PanelLayout.Outputs * (LinearTile.Rows + 1);

        public float* Bias { get; } = start;

        public float* Tile { get; } = start + PanelLayout.Outputs;
    }
}
