using Laser.Serve.StructuredOutput.Automata;

namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>
/// Finds the states from which tokens lead to an end. Where each byte is a token that is all of them; a tokenizer that
/// lacks bytes may be able to begin a text that it cannot finish.
/// </summary>
internal sealed class TokenReach
{
    private readonly Automaton _automaton;
    private readonly TokenTrie _trie;
    private readonly CompileBudget _budget;
    private readonly bool[] _live;
    private readonly List<int>?[] _sources;

    private TokenReach(Automaton automaton, TokenTrie trie, CompileBudget budget)
    {
        _automaton = automaton;
        _trie = trie;
        _budget = budget;
        bool[] usable = FindUsableClasses();
        _live = LiveStates.Find(automaton, automaton.IsAccepting, c => usable[c]);
        _sources = new List<int>?[automaton.StateCount];
    }

    /// <summary>For each state, whether tokens lead from it to an end, or it is one.</summary>
    public static bool[] Find(Automaton automaton, TokenTrie trie, CompileBudget budget)
    {
        var reach = new TokenReach(automaton, trie, budget);
        for (int state = 0; state < automaton.StateCount; state++)
        {
            if (!reach._live[state])
            {
                reach.TryTokens(state);
            }
        }

        return reach._live;
    }

    private bool[] FindUsableClasses()
    {
        bool[] usable = new bool[_automaton.Classes.Count];
        for (int value = 0; value < _trie.SingleBytes.Length; value++)
        {
            usable[_automaton.Classes[(byte)value]] |= _trie.SingleBytes[value];
        }

        return usable;
    }

    private void TryTokens(int state)
    {
        var visitor = new TargetVisitor(_live);
        _budget.Work(_trie.Walk(_automaton, state, ref visitor));
        if (visitor.ReachesLive)
        {
            MarkLive(state);
            return;
        }

        foreach (int target in visitor.Targets)
        {
            (_sources[target] ??= []).Add(state);
        }
    }

    private void MarkLive(int state)
    {
        var stack = new Stack<int>([state]);
        while (stack.TryPop(out int next))
        {
            if (_live[next])
            {
                continue;
            }

            _live[next] = true;
            foreach (int source in _sources[next] ?? [])
            {
                stack.Push(source);
            }
        }
    }

    private struct TargetVisitor(bool[] live) : ITokenVisitor
    {
        public HashSet<int> Targets { get; } = [];

        public bool ReachesLive { get; private set; }

        public bool Visit(int state, ReadOnlySpan<int> tokenIds)
        {
            Targets.Add(state);
            ReachesLive = live[state];
            return !ReachesLive;
        }
    }
}
