namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>Runs two automata side by side: the texts that both accept, or that one accepts and the other does not.</summary>
internal static class Combiner
{
    /// <param name="left">One automaton.</param>
    /// <param name="right">The other.</param>
    /// <param name="excludes">Whether the texts of <paramref name="right"/> are taken out, and not kept.</param>
    /// <param name="budget">What it may cost.</param>
    public static Automaton Combine(Automaton left, Automaton right, bool excludes, CompileBudget budget)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return excludes ? left : new Automaton(left.Classes, [], []);
        }

        ByteClasses classes = ByteClasses.Refine(left.Classes, right.Classes);
        byte[] representatives = classes.Representatives();
        var pairs = new List<(int Left, int Right)> { (Automaton.Start, Automaton.Start) };
        var ids = new Dictionary<(int Left, int Right), int> { [pairs[0]] = 0 };
        var table = new List<int>();
        for (int i = 0; i < pairs.Count; i++)
        {
            budget.CheckStates(pairs.Count, classes.Count);
            budget.Work(classes.Count);
            foreach (byte value in representatives)
            {
                int toLeft = left.Next(pairs[i].Left, value);
                int toRight = pairs[i].Right == Automaton.Dead ? Automaton.Dead : right.Next(pairs[i].Right, value);
                table.Add(toLeft == Automaton.Dead || (toRight == Automaton.Dead && !excludes)
                    ? Automaton.Dead
                    : FindPair((toLeft, toRight), pairs, ids));
            }
        }

        bool[] accepting = [.. pairs.Select(pair => left.IsAccepting(pair.Left)
            && (pair.Right != Automaton.Dead && right.IsAccepting(pair.Right)) != excludes)];
        return Minimizer.Minimize(new Automaton(classes, [.. table], accepting), budget);
    }

    private static int FindPair(
        (int Left, int Right) pair,
        List<(int Left, int Right)> pairs,
        Dictionary<(int Left, int Right), int> ids)
    {
        if (!ids.TryGetValue(pair, out int id))
        {
            id = pairs.Count;
            ids.Add(pair, id);
            pairs.Add(pair);
        }

        return id;
    }
}
