namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>Makes an automaton deterministic: its states are sets of states of the other (subset construction).</summary>
internal sealed class Determinizer
{
    private readonly PartialAutomaton _partial;
    private readonly int _end;
    private readonly CompileBudget _budget;
    private readonly ByteClasses _classes;
    private readonly List<int>[] _targets;
    private readonly Dictionary<int[], int> _ids = new(new StateSetComparer());
    private readonly List<int[]> _sets = [];
    private readonly List<int> _table = [];
    private readonly List<bool> _accepting = [];
    private readonly Stack<int> _stack = [];
    private readonly List<int> _members = [];
    private readonly int[] _seen;
    private int _round;

    private Determinizer(PartialAutomaton partial, int end, CompileBudget budget)
    {
        _partial = partial;
        _end = end;
        _budget = budget;
        _classes = partial.FindClasses();
        _targets = [.. Enumerable.Range(0, _classes.Count).Select(_ => new List<int>())];
        _seen = new int[partial.StateCount];
    }

    /// <summary>The result may have states that lead to no end; <see cref="Minimizer"/> takes them out.</summary>
    public static Automaton Determinize(PartialAutomaton partial, int start, int end, CompileBudget budget)
    {
        var determinizer = new Determinizer(partial, end, budget);
        determinizer.FindState([start]);
        for (int state = 0; state < determinizer._sets.Count; state++)
        {
            determinizer.AddRow(state);
        }

        return new Automaton(
            determinizer._classes, [.. determinizer._table], [.. determinizer._accepting]);
    }

    private void AddRow(int state)
    {
        foreach (int member in _sets[state])
        {
            for (PartialAutomaton.Edge? edge = _partial.NextEdge(member, null);
                edge is not null;
                edge = _partial.NextEdge(member, edge))
            {
                int last = _classes[edge.Value.Last];
                for (int c = _classes[edge.Value.First]; c <= last; c++)
                {
                    _targets[c].Add(edge.Value.To);
                }

                _budget.Work();
            }
        }

        // Neighbours mostly lead to the same.
        int next = Automaton.Dead;
        for (int c = 0; c < _targets.Length; c++)
        {
            if (c == 0 || !_targets[c].SequenceEqual(_targets[c - 1]))
            {
                next = _targets[c].Count == 0 ? Automaton.Dead : FindState(_targets[c]);
            }

            _table.Add(next);
        }

        _budget.Work(_targets.Length);
        foreach (List<int> targets in _targets)
        {
            targets.Clear();
        }
    }

    private int FindState(List<int> targets)
    {
        CollectMembers(targets);
        int[] set = [.. _members];
        if (!_ids.TryGetValue(set, out int id))
        {
            id = _sets.Count;
            _ids.Add(set, id);
            _sets.Add(set);
            _accepting.Add(_seen[_end] == _round);
            _budget.CheckStates(_sets.Count, _classes.Count);
        }

        return id;
    }

    // Only what bytes lead on from, and the end, tells one set from another.
    private void CollectMembers(List<int> targets)
    {
        _round++;
        _members.Clear();
        foreach (int target in targets)
        {
            _stack.Push(target);
        }

        while (_stack.TryPop(out int state))
        {
            _budget.Work();
            if (_seen[state] == _round)
            {
                continue;
            }

            _seen[state] = _round;
            if (state == _end || _partial.HasEdges(state))
            {
                _members.Add(state);
            }

            _partial.PushJumps(state, _stack);
        }

        _members.Sort();
        _budget.Work(_members.Count);
    }

    private sealed class StateSetComparer : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] set)
        {
            var hash = default(HashCode);
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(set.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
