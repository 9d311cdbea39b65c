namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>Makes a finished automaton a part of one that is being put together.</summary>
internal sealed class AutomatonCopy(PartialAutomaton states, Automaton automaton)
{
    /// <returns>The state behind it, which nothing leads to if the automaton accepts nothing.</returns>
    public int AddBehind(int from)
    {
        int end = states.AddState();
        if (automaton.IsEmpty)
        {
            return end;
        }

        int first = states.StateCount;
        for (int state = 0; state < automaton.StateCount; state++)
        {
            states.AddState();
        }

        states.AddJump(from, first + Automaton.Start);
        for (int state = 0; state < automaton.StateCount; state++)
        {
            CopyEdges(state, first);
            if (automaton.IsAccepting(state))
            {
                states.AddJump(first + state, end);
            }
        }

        return end;
    }

    private void CopyEdges(int state, int first)
    {
        int begin = 0;
        for (int value = 1; value <= 256; value++)
        {
            int to = automaton.Next(state, (byte)begin);
            if (value == 256 || automaton.Next(state, (byte)value) != to)
            {
                if (to != Automaton.Dead)
                {
                    states.AddEdge(first + state, (byte)begin, (byte)(value - 1), first + to);
                }

                begin = value;
            }
        }
    }
}
