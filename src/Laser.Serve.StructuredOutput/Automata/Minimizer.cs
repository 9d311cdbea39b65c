namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// Takes out the states that lead to no end, and joins those that mean the same: blocks of states and bundles of
/// transitions split each other until nothing splits any more, in O(m log m) for m transitions.
/// </summary>
/// <remarks>A. Valmari, Fast brief practical DFA minimization, 2012, doi 10.1016/j.ipl.2011.12.004.</remarks>
internal sealed class Minimizer
{
    private readonly Automaton _automaton;
    private readonly TransitionList _transitions;
    private readonly RefinablePartition _blocks;
    private readonly RefinablePartition _bundles;

    private Minimizer(Automaton automaton, TransitionList transitions)
    {
        _automaton = automaton;
        _transitions = transitions;
        _blocks = new RefinablePartition(automaton.StateCount);
        _bundles = new RefinablePartition(transitions.Count);
    }

    /// <summary>States are numbered in the order in which texts reach them.</summary>
    public static Automaton Minimize(Automaton automaton, CompileBudget budget)
    {
        bool[] live = LiveStates.Find(automaton, automaton.IsAccepting, _ => true);
        if (automaton.IsEmpty || !live[Automaton.Start])
        {
            return new Automaton(automaton.Classes, [], []);
        }

        var transitions = new TransitionList(automaton, live);
        budget.Work(4L * transitions.Count);
        var minimizer = new Minimizer(automaton, transitions);
        minimizer.SplitToTheEnd(live);
        return minimizer.Rebuild(live);
    }

    private void SplitToTheEnd(bool[] live)
    {
        MarkStates(state => live[state]);
        MarkStates(_automaton.IsAccepting);
        SplitByClass();

        // Where all have been used, the first block parts nothing that the others do not.
        int block = 1;
        for (int bundle = 0; bundle < _bundles.SetCount; bundle++)
        {
            foreach (int transition in _bundles.Members(bundle))
            {
                _blocks.Mark(_transitions.From(transition));
            }

            _blocks.Split();
            for (; block < _blocks.SetCount; block++)
            {
                foreach (int state in _blocks.Members(block))
                {
                    foreach (int transition in _transitions.Into(state))
                    {
                        _bundles.Mark(transition);
                    }
                }

                _bundles.Split();
            }
        }
    }

    private void MarkStates(Func<int, bool> isMarked)
    {
        for (int state = 0; state < _automaton.StateCount; state++)
        {
            if (isMarked(state))
            {
                _blocks.Mark(state);
            }
        }

        _blocks.Split();
    }

    private void SplitByClass()
    {
        for (int c = 0; c < _automaton.Classes.Count; c++)
        {
            foreach (int transition in _transitions.OfClass(c))
            {
                _bundles.Mark(transition);
            }

            _bundles.Split();
        }
    }

    private Automaton Rebuild(bool[] live)
    {
        var order = new List<int> { Automaton.Start };
        int[] ids = new int[_blocks.SetCount];
        Array.Fill(ids, Automaton.Dead);
        ids[_blocks.SetOf(Automaton.Start)] = 0;
        var table = new List<int>();
        for (int i = 0; i < order.Count; i++)
        {
            foreach (int to in _automaton.Row(order[i]))
            {
                if (to == Automaton.Dead || !live[to])
                {
                    table.Add(Automaton.Dead);
                    continue;
                }

                int block = _blocks.SetOf(to);
                if (ids[block] == Automaton.Dead)
                {
                    ids[block] = order.Count;
                    order.Add(to);
                }

                table.Add(ids[block]);
            }
        }

        return new Automaton(_automaton.Classes, [.. table], [.. order.Select(_automaton.IsAccepting)]);
    }
}
