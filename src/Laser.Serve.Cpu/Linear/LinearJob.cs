using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// <c>output = input * weight^T + bias</c>, <c>[rows, inputs] x [outputs, inputs]</c>. An item is a block of rows by a
/// run of panels. How items fall does not touch any bit of a result: what a derived class does with a row, it does the
/// same way in every block.
/// </summary>
internal abstract unsafe class LinearJob : ParallelJob, IDisposable
{
    /// <summary>Rows of one pass over the weights; more take several.</summary>
    protected const int RowsPerPass = 256;

    // Fewer multiply-adds than this are done sooner by one thread than dealt to two.
    private const long LeastParallelWork = 64 * 1024;

    // Weights per ticket: coarse enough for sequential reads, fine enough to balance.
    private const long PanelRunBytes = 64 * 1024;

    // Where panels are fewer than threads can share, blocks of rows get smaller, but not so small that weights are read
    // for nothing.
    private const int LeastRowsPerItem = 16;
    private const int ItemsPerThread = 4;

    private readonly AlignedBuffer _scratch;
    private readonly int _mostRowsPerItem;
    private CpuTensor _output = null!;
    private float* _bias;
    private int _firstRow;
    private int _endRow;
    private int _rowsPerItem;
    private int _panelsPerItem;
    private int _itemsPerRowBlock;
    private int _stretches;

    /// <summary>Takes scratch memory for each thread.</summary>
    protected LinearJob(MemoryBudget budget, int threadCount, int mostRowsPerItem)
    {
        _mostRowsPerItem = mostRowsPerItem;
        _scratch = budget.Allocate(
            checked(threadCount * ScratchFloats * sizeof(float)), "scratch of matrix products");
    }

    /// <summary>The rows to multiply.</summary>
    protected CpuTensor Input { get; private set; } = null!;

    /// <summary>What to multiply them by.</summary>
    protected PackedMatrix Weight { get; private set; } = null!;

    // The bias of a panel, then a block of 64 columns for a panel of which the output has fewer.
    private long ScratchFloats => PanelLayout.Outputs * (_mostRowsPerItem + 1L);

    /// <summary>Computes the product for the first <paramref name="rows"/> rows.</summary>
    public void Apply(
        WorkerPool pool, CpuTensor input, int rows, PackedMatrix weight, CpuTensor? bias, CpuTensor output)
    {
        Input = input;
        Weight = weight;
        _output = output;
        _bias = bias is null ? null : bias.Row(0);
        int wanted = (int)Math.Clamp(PanelRunBytes / weight.PanelBytes, 1, weight.PanelCount);
        _panelsPerItem = Math.Min(wanted, Math.Max(1, weight.PanelCount / (ItemsPerThread * pool.ThreadCount)));
        _itemsPerRowBlock = (weight.PanelCount + _panelsPerItem - 1) / _panelsPerItem;
        _stretches = pool.ThreadCount;
        for (int row = 0; row < rows; row += RowsPerPass)
        {
            Pass(pool, row, Math.Min(rows, row + RowsPerPass));
        }
    }

    /// <inheritdoc />
    public sealed override void Run(int item, int worker)
    {
        float* scratch = (float*)_scratch.Pointer + (worker * ScratchFloats);
        int firstRow = _firstRow + (item / _itemsPerRowBlock * _rowsPerItem);
        int rows = Math.Min(_endRow - firstRow, _rowsPerItem);
        int firstPanel = PanelRun(item % _itemsPerRowBlock) * _panelsPerItem;
        int endPanel = Math.Min(Weight.PanelCount, firstPanel + _panelsPerItem);
        for (int panel = firstPanel; panel < endPanel; panel++)
        {
            Multiply(panel, firstRow, rows, scratch);
        }
    }

    /// <inheritdoc />
    public virtual void Dispose() => _scratch.Dispose();

    /// <summary>Makes the rows of a pass ready, before any is multiplied.</summary>
    protected virtual void Prepare(WorkerPool pool, int firstRow, int rows)
    {
    }

    /// <summary>Multiplies rows of the pass by a panel.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="firstRow">First row of the input.</param>
    /// <param name="rows">How many; at most what the constructor was told.</param>
    /// <param name="bias">64 numbers that sums begin with.</param>
    /// <param name="y">Takes 64 numbers per row.</param>
    /// <param name="yStride">Numbers from one row to the next.</param>
    protected abstract void Multiply(byte* panel, int firstRow, int rows, float* bias, float* y, nint yStride);

    private void Pass(WorkerPool pool, int firstRow, int endRow)
    {
        _firstRow = firstRow;
        _endRow = endRow;
        int rows = endRow - firstRow;
        _rowsPerItem = Math.Min(rows, _mostRowsPerItem);
        while (ItemCount(rows) < ItemsPerThread * pool.ThreadCount && _rowsPerItem >= 2 * LeastRowsPerItem)
        {
            _rowsPerItem /= 2;
        }

        Prepare(pool, firstRow, rows);
        if ((long)rows * Weight.InputFeatures * Weight.OutputFeatures < LeastParallelWork)
        {
            WorkerPool.RunAlone(this, ItemCount(rows));
        }
        else
        {
            pool.Run(this, ItemCount(rows));
        }
    }

    // Tickets in a row come from as many stretches of the matrix as there are threads. So each thread reads one stream,
    // of which the processor fetches ahead, as long as they are equally fast; and still none waits for another.
    private int PanelRun(int ticket)
    {
        int length = _itemsPerRowBlock / _stretches;
        (int place, int stretch) = Math.DivRem(ticket, _stretches);
        return place < length ? (stretch * length) + place : ticket;
    }

    private int ItemCount(int rows) => checked(_itemsPerRowBlock * ((rows + _rowsPerItem - 1) / _rowsPerItem));

    private void Multiply(int panel, int firstRow, int rows, float* scratch)
    {
        int firstColumn = panel * PanelLayout.Outputs;
        int columns = Math.Min(PanelLayout.Outputs, Weight.OutputFeatures - firstColumn);
        bool whole = columns == PanelLayout.Outputs;
        float* bias = _bias + firstColumn;
        if (_bias == null || !whole)
        {
            new Span<float>(scratch, PanelLayout.Outputs).Clear();
            if (_bias != null)
            {
                new Span<float>(bias, columns).CopyTo(new Span<float>(scratch, columns));
            }

            bias = scratch;
        }

        float* output = _output.Row(firstRow) + firstColumn;
        if (whole)
        {
            Multiply(Weight.Panel(panel), firstRow, rows, bias, output, _output.Columns);
            return;
        }

        float* block = scratch + PanelLayout.Outputs;
        Multiply(Weight.Panel(panel), firstRow, rows, bias, block, PanelLayout.Outputs);
        for (int i = 0; i < rows; i++)
        {
            new Span<float>(block + (i * PanelLayout.Outputs), columns)
                .CopyTo(new Span<float>(output + (i * (long)_output.Columns), columns));
        }
    }
}
