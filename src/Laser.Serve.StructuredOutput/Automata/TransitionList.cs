namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>The transitions of an automaton between live states, as numbers from 0 on, by class of byte.</summary>
internal sealed class TransitionList
{
    private readonly List<int> _from = [];
    private readonly List<int> _to = [];
    private readonly int[] _classStarts;
    private readonly int[] _intoStarts;
    private readonly int[] _into;

    public TransitionList(Automaton automaton, bool[] live)
    {
        _classStarts = new int[automaton.Classes.Count + 1];
        for (int c = 0; c < automaton.Classes.Count; c++)
        {
            for (int state = 0; state < automaton.StateCount; state++)
            {
                int to = automaton.Row(state)[c];
                if (to != Automaton.Dead && live[state] && live[to])
                {
                    _from.Add(state);
                    _to.Add(to);
                }
            }

            _classStarts[c + 1] = _from.Count;
        }

        (_intoStarts, _into) = GroupByTarget(automaton.StateCount);
    }

    public int Count => _from.Count;

    public int From(int transition) => _from[transition];

    /// <summary>Transitions that lead to a state.</summary>
    public ReadOnlySpan<int> Into(int state) => _into.AsSpan(_intoStarts[state].._intoStarts[state + 1]);

    /// <summary>Transitions by a byte of a class.</summary>
    public IEnumerable<int> OfClass(int c) => Enumerable.Range(_classStarts[c], _classStarts[c + 1] - _classStarts[c]);

    private (int[] Starts, int[] Grouped) GroupByTarget(int stateCount)
    {
        int[] starts = new int[stateCount + 2];
        foreach (int to in _to)
        {
            starts[to + 2]++;
        }

        for (int i = 2; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        // Filling moves each start to the next one's place: one index lower, it is a start again.
        int[] grouped = new int[_to.Count];
        for (int transition = 0; transition < _to.Count; transition++)
        {
            grouped[starts[_to[transition] + 1]++] = transition;
        }

        return (starts, grouped);
    }
}
