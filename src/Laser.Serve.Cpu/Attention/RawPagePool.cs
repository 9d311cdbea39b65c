using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// fp32 pages for blocks whose values spread too far for their storage type. Used by the calling thread only.
/// </summary>
internal sealed unsafe class RawPagePool : IDisposable
{
    private readonly AlignedBuffer _memory;
    private readonly Stack<int> _free;
    private readonly int _pageLength;
    private readonly int _pageCount;

    /// <summary>Takes the memory of all pages.</summary>
    /// <param name="budget">Where from.</param>
    /// <param name="pageCount">Pages.</param>
    /// <param name="pageLength">Values per page.</param>
    public RawPagePool(MemoryBudget budget, int pageCount, int pageLength)
    {
        _pageCount = pageCount;
        _pageLength = pageLength;
        _memory = budget.Allocate(
            checked((long)pageCount * pageLength * sizeof(float)), "raw pages of the value cache");
        _free = new Stack<int>(pageCount);
        for (int page = pageCount; page > 0; page--)
        {
            _free.Push(page);
        }
    }

    /// <summary>Pages taken.</summary>
    public int UsedCount => _pageCount - _free.Count;

    /// <summary>Takes a page; its number counts from 1.</summary>
    public bool TryTake(out int pageNumber) => _free.TryPop(out pageNumber);

    /// <summary>Gives a page back.</summary>
    public void Return(int pageNumber) => _free.Push(pageNumber);

    /// <summary>The rows of a page.</summary>
    public float* Rows(int pageNumber) => (float*)_memory.Pointer + ((long)(pageNumber - 1) * _pageLength);

    /// <inheritdoc />
    public void Dispose() => _memory.Dispose();
}
