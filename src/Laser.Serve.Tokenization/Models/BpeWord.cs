namespace Laser.Serve.Tokenization.Models;

/// <summary>
/// A word while its pairs are merged: a linked list of tokens, and the pairs that could merge in the order in which
/// they do, by rank and then from left to right. n log n in the length of the word. Used again for the next word; not
/// thread-safe.
/// </summary>
internal sealed class BpeWord
{
    private const int None = -1;

    private readonly PriorityQueue<int, long> _pairs = new();
    private int[] _tokens = new int[64];
    private int[] _previous = new int[64];
    private int[] _next = new int[64];
    private int _count;

    public void Clear()
    {
        _count = 0;
    }

    public void Add(int token)
    {
        if (_count == _tokens.Length)
        {
            Array.Resize(ref _tokens, 2 * _count);
            Array.Resize(ref _previous, 2 * _count);
            Array.Resize(ref _next, 2 * _count);
        }

        _tokens[_count] = token;
        _previous[_count] = _count - 1;
        _next[_count] = _count + 1;
        _count++;
    }

    public void MergeAll(MergeTable merges)
    {
        for (int i = 0; i + 1 < _count; i++)
        {
            EnqueuePair(i, merges);
        }

        while (_pairs.TryDequeue(out int position, out long priority))
        {
            // An entry is out of date when a merge beside it has changed its pair: ranks tell, each pair has its own.
            if (_tokens[position] != None
                && _next[position] < _count
                && merges.TryGet(_tokens[position], _tokens[_next[position]], out Merge merge)
                && merge.Rank == (int)(priority >> 32))
            {
                MergeAt(position, merge.Token, merges);
            }
        }
    }

    public void CopyTo(List<int> ids)
    {
        for (int i = 0; i < _count; i = _next[i])
        {
            ids.Add(_tokens[i]);
        }
    }

    private void MergeAt(int position, int merged, MergeTable merges)
    {
        int right = _next[position];
        _tokens[position] = merged;
        _tokens[right] = None;
        _next[position] = _next[right];
        if (_next[right] < _count)
        {
            _previous[_next[right]] = position;
            EnqueuePair(position, merges);
        }

        if (_previous[position] >= 0)
        {
            EnqueuePair(_previous[position], merges);
        }
    }

    private void EnqueuePair(int position, MergeTable merges)
    {
        if (merges.TryGet(_tokens[position], _tokens[_next[position]], out Merge merge))
        {
            _pairs.Enqueue(position, ((long)merge.Rank << 32) | (uint)position);
        }
    }
}
