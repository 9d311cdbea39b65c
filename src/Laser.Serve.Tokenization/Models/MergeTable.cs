namespace Laser.Serve.Tokenization.Models;

/// <summary>Which two tokens become one, and which pair goes first.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<long, Merge> _merges = [];

    /// <summary>Adds a merge. A pair that comes twice has its last rank.</summary>
    public void Add(int rank, int left, int right, int merged)
    {
        _merges[Key(left, right)] = new Merge(rank, merged);
    }

    public bool TryGet(int left, int right, out Merge merge)
    {
        return _merges.TryGetValue(Key(left, right), out merge);
    }

    private static long Key(int left, int right)
    {
        return (long)left << 32 | (uint)right;
    }
}

/// <summary>A pair of tokens that becomes one; the lowest rank goes first.</summary>
internal readonly record struct Merge(int Rank, int Token);
