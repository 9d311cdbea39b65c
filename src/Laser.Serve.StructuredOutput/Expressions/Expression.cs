using System.Text;

namespace Laser.Serve.StructuredOutput.Expressions;

/// <summary>
/// A set of texts: what all kinds of constraints become, and what automata are made from. Parts may be shared. What
/// holds no text at all (<see cref="Never"/>) is left out of whatever can do without it.
/// </summary>
internal abstract record Expression
{
    /// <summary>No text.</summary>
    public static Expression Never { get; } = new Alternation([]);

    /// <summary>The text without characters.</summary>
    public static Expression Empty { get; } = new Chain([], 0);

    public bool IsEmpty => this is Chain { Items.Count: 0 };

    public bool IsNever => this is Alternation { Choices.Count: 0 };

    public static Expression Text(string text) => new Literal(Encoding.UTF8.GetBytes(text));

    public static Expression Of(ScalarSet set) => set.IsEmpty ? Never : new Characters(set);

    /// <summary>One after another.</summary>
    public static Expression Sequence(params IReadOnlyList<Expression> items)
    {
        return items.Count == 1 ? items[0] : Partial(items, items.Count);
    }

    /// <summary>One after another, of which any number from the end may be left out, but so many must be there.</summary>
    public static Expression Partial(IReadOnlyList<Expression> items, int required)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i].IsNever)
            {
                return i < required ? Never : new Chain([.. items.Take(i)], required);
            }
        }

        return new Chain(items, required);
    }

    public static Expression AnyOf(params IEnumerable<Expression> choices)
    {
        Expression[] possible = [.. choices.Where(choice => !choice.IsNever)];
        return possible.Length == 1 ? possible[0] : new Alternation(possible);
    }

    public static Expression Optional(Expression item) => Partial([item], 0);

    /// <summary>Again and again; <paramref name="most"/> null: without end.</summary>
    public static Expression Repeat(Expression item, int least, int? most = null)
    {
        return item.IsEmpty || most == 0 ? Empty
            : item.IsNever ? (least == 0 ? Empty : Never)
            : new Repetition(item, least, most);
    }

    /// <summary>Parts of a list, see <see cref="Separated"/>.</summary>
    public static Expression List(Expression separator, params IEnumerable<ListPart> parts)
    {
        var possible = new List<ListPart>();
        foreach (ListPart part in parts)
        {
            if (!part.Item.IsNever && part.Most != 0)
            {
                possible.Add(part);
            }
            else if (part.Least > 0)
            {
                return Never;
            }
        }

        return possible.Count == 0 ? Empty : new Separated(possible, separator);
    }

    public static Expression Both(Expression left, Expression right)
    {
        return left.IsNever || right.IsNever ? Never : new Combination(left, right, Excludes: false);
    }

    public static Expression Except(Expression left, Expression right)
    {
        return left.IsNever || right.IsNever ? left : new Combination(left, right, Excludes: true);
    }

    /// <summary>These bytes, which are whole characters.</summary>
    public sealed record Literal(byte[] Bytes) : Expression;

    /// <summary>One character.</summary>
    public sealed record Characters(ScalarSet Set) : Expression;

    /// <summary>One after another; those from <paramref name="Required"/> on may be left out, the last ones first.</summary>
    public sealed record Chain(IReadOnlyList<Expression> Items, int Required) : Expression;

    /// <summary>One of these.</summary>
    public sealed record Alternation(IReadOnlyList<Expression> Choices) : Expression;

    /// <summary>Again and again; <paramref name="Most"/> null: without end.</summary>
    public sealed record Repetition(Expression Item, int Least, int? Most) : Expression;

    /// <summary>
    /// The parts in their order, each so many times, with the separator between any two items that are there.
    /// </summary>
    public sealed record Separated(IReadOnlyList<ListPart> Parts, Expression Separator) : Expression;

    /// <summary>
    /// The texts of <paramref name="Left"/> that are also texts of <paramref name="Right"/>, or that are not.
    /// </summary>
    public sealed record Combination(Expression Left, Expression Right, bool Excludes) : Expression;
}
