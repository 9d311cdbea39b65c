using System.Numerics;

namespace Laser.Serve.Engine.Speculation;

/// <summary>
/// Finds where the end of a text stood before: the latest earlier occurrence of its last n tokens, the longest n first.
/// Of n-grams that fall into one slot the newest stays, and what is found is compared token by token: a collision costs
/// a find and nothing else. Its memory is there from the start, and a token costs the same however long the text is.
/// </summary>
internal sealed class NgramIndex
{
    /// <summary>Fewest tokens that have to be alike. A single one says too little of what follows it.</summary>
    public const int Shortest = 2;

    private const int MostSlots = 1 << 16;
    private const uint Spread = 2654435769;

    private readonly int _longest;
    private readonly int[] _ends;
    private readonly int _shift;
    private int _indexedCount;

    /// <summary>The index of an empty text.</summary>
    /// <param name="tokenCapacity">Tokens the text can come to have. Behind a longer one old n-grams get lost.</param>
    /// <param name="longest">Most tokens that are compared, at least <see cref="Shortest"/>.</param>
    public NgramIndex(int tokenCapacity, int longest)
    {
        _longest = longest;

        // Half of the slots stay empty, so that most n-grams of a text keep theirs to its end.
        long wanted = Math.Clamp(2L * tokenCapacity * (longest - Shortest + 1), 2, MostSlots);
        _ends = new int[BitOperations.RoundUpToPowerOf2((uint)wanted)];
        _shift = 32 - BitOperations.Log2((uint)_ends.Length);
    }

    /// <summary>Slots; four bytes each.</summary>
    public int SlotCount => _ends.Length;

    /// <summary>
    /// Position of the token that followed when the text last ended as it does now; null if it never did.
    /// </summary>
    /// <param name="tokens">The text: that of the call before, and what came since.</param>
    public int? Find(ReadOnlySpan<int> tokens)
    {
        // The end itself is not entered yet: it would find itself.
        while (_indexedCount < tokens.Length - 1)
        {
            Enter(tokens[..++_indexedCount]);
        }

        for (int n = Math.Min(_longest, tokens.Length - 1); n >= Shortest; n--)
        {
            int end = _ends[SlotOf(tokens[^n..])];
            if (end >= n && tokens[(end - n)..end].SequenceEqual(tokens[^n..]))
            {
                return end;
            }
        }

        return null;
    }

    private void Enter(ReadOnlySpan<int> tokens)
    {
        for (int n = Math.Min(_longest, tokens.Length); n >= Shortest; n--)
        {
            _ends[SlotOf(tokens[^n..])] = tokens.Length;
        }
    }

    // The upper bits of a product are the mixed ones; turned down, they take part in the next.
    private int SlotOf(ReadOnlySpan<int> ngram)
    {
        uint hash = (uint)ngram.Length;
        foreach (int token in ngram)
        {
            hash = BitOperations.RotateLeft(unchecked((hash ^ (uint)token) * Spread), 15);
        }

        return (int)(unchecked(hash * Spread) >> _shift);
    }
}
