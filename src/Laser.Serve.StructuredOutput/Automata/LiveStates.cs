namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>Finds the states from which a goal can be reached, going backwards from it.</summary>
internal static class LiveStates
{
    /// <param name="automaton">Any automaton.</param>
    /// <param name="isGoal">States that are live in any case.</param>
    /// <param name="canUse">Classes of bytes that may be used on the way.</param>
    public static bool[] Find(Automaton automaton, Func<int, bool> isGoal, Func<int, bool> canUse)
    {
        List<int>?[] sources = FindSources(automaton, canUse);
        bool[] live = new bool[automaton.StateCount];
        var stack = new Stack<int>(Enumerable.Range(0, live.Length).Where(isGoal));
        while (stack.TryPop(out int state))
        {
            if (live[state])
            {
                continue;
            }

            live[state] = true;
            foreach (int source in sources[state] ?? [])
            {
                stack.Push(source);
            }
        }

        return live;
    }

    private static List<int>?[] FindSources(Automaton automaton, Func<int, bool> canUse)
    {
        List<int>?[] sources = new List<int>?[automaton.StateCount];
        bool[] usable = [.. Enumerable.Range(0, automaton.Classes.Count).Select(canUse)];
        for (int state = 0; state < automaton.StateCount; state++)
        {
            int last = Automaton.Dead;
            ReadOnlySpan<int> row = automaton.Row(state);
            for (int c = 0; c < row.Length; c++)
            {
                if (row[c] != Automaton.Dead && row[c] != last && usable[c])
                {
                    last = row[c];
                    (sources[last] ??= []).Add(state);
                }
            }
        }

        return sources;
    }
}
