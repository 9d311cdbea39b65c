using System.Numerics;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// How often each of a sequence's tokens was generated; a token of the prompt counts from zero. Only the tokens that
/// occur take room, and a walk over them touches no others.
/// </summary>
internal sealed class TokenCounts
{
    private readonly int[] _ids;
    private readonly int[] _counts;
    private readonly int[] _slots;
    private readonly int _shift;
    private int _length;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">Different tokens that can occur.</param>
    public TokenCounts(int capacity)
    {
        _ids = new int[capacity];
        _counts = new int[capacity];

        // At most half full, so that a search that begins at its hash soon meets an empty slot.
        _slots = new int[BitOperations.RoundUpToPowerOf2((2 * (uint)capacity) + 1)];
        _shift = 32 - BitOperations.Log2((uint)_slots.Length);
    }

    /// <summary>The tokens, in the order of their first occurrence.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _length);

    /// <summary>How often each of <see cref="Ids"/> was generated.</summary>
    public ReadOnlySpan<int> Counts => _counts.AsSpan(0, _length);

    /// <summary>Notes that a token occurs.</summary>
    public void Add(int id) => IndexOf(id);

    /// <summary>Notes that a token was generated once more.</summary>
    public void Count(int id) => _counts[IndexOf(id)]++;

    private int IndexOf(int id)
    {
        // The upper bits of a product with 2^32 over the golden ratio (Knuth, "The Art of Computer Programming", 6.4)
        // spread ids however they lie. A slot holds an index and one.
        uint slot = unchecked((uint)id * 2654435769u) >> _shift;
        while (_slots[slot] != 0)
        {
            if (_ids[_slots[slot] - 1] == id)
            {
                return _slots[slot] - 1;
            }

            slot = (slot + 1) & ((uint)_slots.Length - 1);
        }

        _ids[_length] = id;
        _slots[slot] = ++_length;
        return _length - 1;
    }
}
