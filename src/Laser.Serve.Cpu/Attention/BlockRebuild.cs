using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Makes a block again as it was right after one of its rows was appended, row by row from the fp32 values, for queries
/// that must not see what later rows of the step did to it. Rare: only where the block ended wide or raw.
/// </summary>
internal unsafe ref struct BlockRebuild<T>
    where T : struct, IPairFormat
{
    private readonly PageLayout _page;
    private readonly ValueCacheFormat _format;
    private readonly AttentionScratch _scratch;
    private RunningBlock _running;
    private int _rowCount;

    /// <summary>
    /// Works in the scratch memory of a thread, whose <see cref="AttentionScratch.Rows"/> hold the values of the block.
    /// </summary>
    public BlockRebuild(PageLayout page, in ValueCacheFormat format, AttentionScratch scratch)
    {
        _page = page;
        _format = format;
        _scratch = scratch;
        _running = scratch.Rebuilt;
    }

    /// <summary>The block with its first <paramref name="rowCount"/> rows; not fewer than asked for before.</summary>
    public BlockView At(int rowCount)
    {
        for (; _rowCount < rowCount; _rowCount++)
        {
            float* row = _scratch.Rows + (_rowCount * _page.PaddedDim);
            ValueAppend<T>.Append(ref _running, row, _rowCount, 1, _page, in _format, _scratch.Split);
        }

        return new BlockView
        {
            RawRows = _running.Raw ? _scratch.Rows : null,
            Values = _running.Values,
            Shifts = _running.PageShifts,
            Wide = _running.Spread > _format.Wide,
        };
    }
}
