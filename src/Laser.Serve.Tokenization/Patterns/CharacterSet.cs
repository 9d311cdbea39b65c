using System.Globalization;

namespace Laser.Serve.Tokenization.Patterns;

/// <summary>
/// A set of Unicode scalar values: general categories, ranges and other sets, the whole of it possibly negated. Astral
/// characters are members like all others, which they are not for <see cref="System.Text.RegularExpressions.Regex"/>,
/// which sees halves.
/// </summary>
internal sealed class CharacterSet
{
    private const int AsciiCount = 128;

    private readonly uint _categories;
    private readonly (int First, int Last)[] _ranges;
    private readonly CharacterSet[] _sets;
    private readonly bool _negated;
    private readonly bool[] _ascii = new bool[AsciiCount];

    /// <param name="categories">One bit for each <see cref="UnicodeCategory"/>.</param>
    /// <param name="ranges">Both ends belong to it.</param>
    /// <param name="sets">Members of these are members.</param>
    /// <param name="negated">Whether exactly all others are members.</param>
    public CharacterSet(
        uint categories = 0,
        (int First, int Last)[]? ranges = null,
        CharacterSet[]? sets = null,
        bool negated = false)
    {
        _categories = categories;
        _ranges = ranges ?? [];
        _sets = sets ?? [];
        _negated = negated;
        for (int i = 0; i < AsciiCount; i++)
        {
            _ascii[i] = Evaluate(i);
        }
    }

    public static CharacterSet Single(int scalar)
    {
        return new CharacterSet(ranges: [(scalar, scalar)]);
    }

    public CharacterSet Negate()
    {
        return new CharacterSet(sets: [this], negated: true);
    }

    /// <summary>Members of this set and the other.</summary>
    public CharacterSet Intersect(CharacterSet other)
    {
        return new CharacterSet(sets: [Negate(), other.Negate()], negated: true);
    }

    public CharacterSet Except(CharacterSet other)
    {
        return Intersect(other.Negate());
    }

    public bool Contains(int scalar)
    {
        return scalar < AsciiCount ? _ascii[scalar] : Evaluate(scalar);
    }

    private bool Evaluate(int scalar)
    {
        if (_categories != 0 && (_categories >> (int)CharUnicodeInfo.GetUnicodeCategory(scalar) & 1) != 0)
        {
            return !_negated;
        }

        foreach ((int first, int last) in _ranges)
        {
            if (first <= scalar && scalar <= last)
            {
                return !_negated;
            }
        }

        foreach (CharacterSet set in _sets)
        {
            if (set.Contains(scalar))
            {
                return !_negated;
            }
        }

        return _negated;
    }
}
