namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// Numbers from 0 on in disjoint sets that only ever get finer: mark some members, then split. Splitting costs as much
/// as marking did. Not thread-safe.
/// </summary>
internal sealed class RefinablePartition
{
    private readonly int[] _elements;
    private readonly int[] _positions;
    private readonly int[] _setOf;
    private readonly List<Bounds> _sets = [];
    private readonly Stack<int> _touched = [];

    /// <summary>One set with all numbers below <paramref name="size"/>.</summary>
    public RefinablePartition(int size)
    {
        _elements = [.. Enumerable.Range(0, size)];
        _positions = [.. _elements];
        _setOf = new int[size];
        if (size > 0)
        {
            _sets.Add(new Bounds(0, 0, size));
        }
    }

    public int SetCount => _sets.Count;

    public int SetOf(int element) => _setOf[element];

    public ReadOnlySpan<int> Members(int set) => _elements.AsSpan(_sets[set].Begin, _sets[set].End - _sets[set].Begin);

    // The marked members of a set are its first ones.
    public void Mark(int element)
    {
        int set = _setOf[element];
        Bounds bounds = _sets[set];
        int position = _positions[element];
        if (position < bounds.Middle)
        {
            return;
        }

        if (bounds.Middle == bounds.Begin)
        {
            _touched.Push(set);
        }

        int other = _elements[bounds.Middle];
        (_elements[position], _positions[other]) = (other, position);
        (_elements[bounds.Middle], _positions[element]) = (element, bounds.Middle);
        _sets[set] = bounds with { Middle = bounds.Middle + 1 };
    }

    /// <summary>Parts marked members from others. The smaller part becomes a new set.</summary>
    public void Split()
    {
        while (_touched.TryPop(out int set))
        {
            (int begin, int middle, int end) = _sets[set];
            if (middle == end)
            {
                _sets[set] = new Bounds(begin, begin, end);
            }
            else if (middle - begin <= end - middle)
            {
                _sets[set] = new Bounds(middle, middle, end);
                AddSet(begin, middle);
            }
            else
            {
                _sets[set] = new Bounds(begin, begin, middle);
                AddSet(middle, end);
            }
        }
    }

    private void AddSet(int begin, int end)
    {
        for (int i = begin; i < end; i++)
        {
            _setOf[_elements[i]] = _sets.Count;
        }

        _sets.Add(new Bounds(begin, begin, end));
    }

    /// <summary>Places of a set's members; those before <paramref name="Middle"/> are marked.</summary>
    private readonly record struct Bounds(int Begin, int Middle, int End);
}
