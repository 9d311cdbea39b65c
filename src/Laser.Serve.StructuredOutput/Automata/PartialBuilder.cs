using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>
/// Writes an expression out as states and edges (Thompson's construction). A part is built behind a state and gives the
/// state behind it; nothing but that part's own loops ever leads back into either.
/// </summary>
internal sealed class PartialBuilder(CompileBudget budget)
{
    private const int StepsPerPart = 5;

    private readonly PartialAutomaton _states = new(budget);
    private readonly Dictionary<Expression, Automaton> _combinations = new(ReferenceEqualityComparer.Instance);

    /// <summary>Makes the automaton that accepts the texts of an expression.</summary>
    public static Automaton Build(Expression expression, CompileBudget budget)
    {
        if (expression is Expression.Combination combination)
        {
            return Combiner.Combine(
                Build(combination.Left, budget), Build(combination.Right, budget), combination.Excludes, budget);
        }

        var builder = new PartialBuilder(budget);
        int start = builder._states.AddState();
        int end = builder.Add(expression, start);
        return Minimizer.Minimize(Determinizer.Determinize(builder._states, start, end, budget), budget);
    }

    private int Add(Expression expression, int from)
    {
        budget.Work(StepsPerPart);
        return expression switch
        {
            Expression.Literal literal => AddLiteral(literal, from),
            Expression.Characters characters => AddCharacters(characters, from),
            Expression.Chain chain => AddChain(chain.Items, chain.Required, from),
            Expression.Alternation alternation => AddAlternation(alternation, from),
            Expression.Repetition repetition => AddRepetition(repetition, from),
            Expression.Separated list => AddList(list, from),
            _ => AddCombination((Expression.Combination)expression, from),
        };
    }

    private int AddLiteral(Expression.Literal literal, int from)
    {
        foreach (byte value in literal.Bytes)
        {
            int to = _states.AddState();
            _states.AddEdge(from, value, value, to);
            from = to;
        }

        return from;
    }

    private int AddCharacters(Expression.Characters characters, int from)
    {
        // Ways that end alike share their last states: most of a large set is "and two continuation bytes".
        var tails = new Dictionary<(byte First, byte Last, int To), int>();
        int end = _states.AddState();
        foreach ((int first, int last) in characters.Set.Ranges)
        {
            Utf8Ranges.Split(first, last, product =>
            {
                int to = end;
                for (int i = product.Length - 1; i > 0; i--)
                {
                    (byte First, byte Last, int To) tail = (product[i].First, product[i].Last, to);
                    if (!tails.TryGetValue(tail, out int state))
                    {
                        state = _states.AddState();
                        _states.AddEdge(state, tail.First, tail.Last, to);
                        tails.Add(tail, state);
                    }

                    to = state;
                }

                budget.Work();
                _states.AddEdge(from, product[0].First, product[0].Last, to);
            });
        }

        return end;
    }

    private int AddChain(IReadOnlyList<Expression> items, int required, int from)
    {
        int? exit = required < items.Count ? _states.AddState() : null;
        for (int i = 0; i < items.Count; i++)
        {
            if (i >= required)
            {
                _states.AddJump(from, exit!.Value);
            }

            from = Add(items[i], from);
        }

        return exit is int end ? JumpTo(from, end) : from;
    }

    private int AddAlternation(Expression.Alternation alternation, int from)
    {
        int end = _states.AddState();
        foreach (Expression choice in alternation.Choices)
        {
            JumpTo(Add(choice, from), end);
        }

        return end;
    }

    private int AddRepetition(Expression.Repetition repetition, int from)
    {
        for (int i = 1; i < repetition.Least; i++)
        {
            from = Add(repetition.Item, from);
        }

        if (repetition.Most is not int most)
        {
            int head = JumpTo(from, _states.AddState());
            int last = Add(repetition.Item, head);
            _states.AddJump(last, head);
            return repetition.Least == 0 ? head : last;
        }

        if (repetition.Least > 0)
        {
            from = Add(repetition.Item, from);
        }

        int exit = _states.AddState();
        for (int i = repetition.Least; i < most; i++)
        {
            _states.AddJump(from, exit);
            from = Add(repetition.Item, from);
        }

        return JumpTo(from, exit);
    }

    private int AddCombination(Expression.Combination combination, int from)
    {
        if (!_combinations.TryGetValue(combination, out Automaton? automaton))
        {
            automaton = Build(combination, budget);
            _combinations.Add(combination, automaton);
        }

        return new AutomatonCopy(_states, automaton).AddBehind(from);
    }

    private int AddList(Expression.Separated list, int from)
    {
        var rails = new ListRails(_states, list.Separator, Add, from);
        foreach (ListPart part in list.Parts)
        {
            for (int i = 0; i < part.Least; i++)
            {
                rails.AddItem(part.Item);
            }

            if (part.Most is int most)
            {
                rails.AddOptionalItems(part.Item, most - part.Least);
            }
            else
            {
                rails.AddAnyNumber(part.Item);
            }
        }

        return rails.End();
    }

    private int JumpTo(int from, int to)
    {
        _states.AddJump(from, to);
        return to;
    }
}
