namespace Laser.Serve.Engine.Cache;

/// <summary>Cached blocks that nobody holds, from the one idle for longest to the newest.</summary>
internal sealed class IdleBlocks
{
    // A ring of links; the last place is the end of it on both sides.
    private readonly int[] _older;
    private readonly int[] _newer;
    private readonly int _end;

    public IdleBlocks(int blockCount)
    {
        _end = blockCount;
        _older = new int[blockCount + 1];
        _newer = new int[blockCount + 1];
        _older[_end] = _end;
        _newer[_end] = _end;
    }

    public int Count { get; private set; }

    /// <summary>The one idle for longest; <see cref="Count"/> must not be zero.</summary>
    public int Oldest => _newer[_end];

    public void Add(int block)
    {
        Link(_older[_end], block);
        Link(block, _end);
        Count++;
    }

    public void Remove(int block)
    {
        Link(_older[block], _newer[block]);
        Count--;
    }

    private void Link(int older, int newer)
    {
        _newer[older] = newer;
        _older[newer] = older;
    }
}
