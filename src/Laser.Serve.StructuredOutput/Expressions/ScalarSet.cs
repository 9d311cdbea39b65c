namespace Laser.Serve.StructuredOutput.Expressions;

/// <summary>A set of Unicode scalar values. Surrogates are in no set, and in no complement of one.</summary>
internal sealed class ScalarSet
{
    public const int LastScalar = 0x10FFFF;

    private const int FirstSurrogate = 0xD800;
    private const int LastSurrogate = 0xDFFF;

    private readonly (int First, int Last)[] _ranges;

    private ScalarSet((int First, int Last)[] ranges)
    {
        _ranges = ranges;
    }

    public static ScalarSet None { get; } = new([]);

    public static ScalarSet All { get; } = new([(0, FirstSurrogate - 1), (LastSurrogate + 1, LastScalar)]);

    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>Ascending, with a gap between one and the next; both ends belong to it.</summary>
    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    /// <summary>The members of these ranges, in any order, that are no surrogates.</summary>
    public static ScalarSet Of(params ReadOnlySpan<(int First, int Last)> ranges)
    {
        (int First, int Last)[] sorted = ranges.ToArray();
        Array.Sort(sorted);
        var merged = new List<(int First, int Last)>();
        foreach ((int first, int last) in sorted)
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            }
            else
            {
                merged.Add((first, last));
            }
        }

        return new ScalarSet([.. merged]).Intersect(All);
    }

    /// <summary>The characters of a text in the basic plane.</summary>
    public static ScalarSet OfCharacters(string characters)
    {
        return Of([.. characters.Select(c => ((int)c, (int)c))]);
    }

    public static ScalarSet Single(int scalar) => Of((scalar, scalar));

    public ScalarSet Union(ScalarSet other) => Of([.. _ranges, .. other._ranges]);

    public ScalarSet Except(ScalarSet other) => Intersect(other.Complement());

    public ScalarSet Complement()
    {
        var gaps = new List<(int First, int Last)>();
        int next = 0;
        foreach ((int first, int last) in _ranges)
        {
            if (first > next)
            {
                gaps.Add((next, first - 1));
            }

            next = last + 1;
        }

        if (next <= LastScalar)
        {
            gaps.Add((next, LastScalar));
        }

        return new ScalarSet([.. gaps]).Intersect(All);
    }

    public ScalarSet Intersect(ScalarSet other)
    {
        var parts = new List<(int First, int Last)>();
        int i = 0;
        int j = 0;
        while (i < _ranges.Length && j < other._ranges.Length)
        {
            int first = Math.Max(_ranges[i].First, other._ranges[j].First);
            int last = Math.Min(_ranges[i].Last, other._ranges[j].Last);
            if (first <= last)
            {
                parts.Add((first, last));
            }

            if (_ranges[i].Last < other._ranges[j].Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return new ScalarSet([.. parts]);
    }
}
