using Laser.Serve.Compute.Threading;

namespace Laser.Serve.Cpu.Threading;

/// <summary>A job over the rows of a step, in runs of rows large enough to be worth a ticket.</summary>
internal abstract class RowJob : ParallelJob
{
    // About a microsecond of streaming arithmetic.
    private const int ValuesPerItem = 4096;

    private int _rows;
    private int _rowsPerItem;

    /// <summary>Does the rows, on the caller alone if they are few.</summary>
    /// <param name="pool">Where to run.</param>
    /// <param name="rows">Rows in all.</param>
    /// <param name="valuesPerRow">Values a row reads or writes, a measure of its work.</param>
    public void RunRows(WorkerPool pool, int rows, int valuesPerRow)
    {
        _rows = rows;
        _rowsPerItem = Math.Max(1, ValuesPerItem / Math.Max(1, valuesPerRow));
        int itemCount = (rows + _rowsPerItem - 1) / _rowsPerItem;
        if (itemCount < 4)
        {
            WorkerPool.RunAlone(this, itemCount);
        }
        else
        {
            pool.Run(this, itemCount);
        }
    }

    /// <inheritdoc />
    public sealed override void Run(int item, int worker)
    {
        int first = item * _rowsPerItem;
        int end = Math.Min(_rows, first + _rowsPerItem);
        for (int row = first; row < end; row++)
        {
            RunRow(row);
        }
    }

    /// <summary>Does one row.</summary>
    protected abstract void RunRow(int row);
}
