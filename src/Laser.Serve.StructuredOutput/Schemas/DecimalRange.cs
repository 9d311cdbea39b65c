using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// The decimal numbers on one side of a bound, written without exponent: an optional minus, digits without leading
/// zeros, an optional point with digits. They compare as their digits do, so that it takes no arithmetic.
/// </summary>
internal static class DecimalRange
{
    private static readonly Expression Digit = Digits('0', '9');
    private static readonly Expression AnyDigits = Expression.Repeat(Digit, 0);
    private static readonly Expression Zeros = Expression.Repeat(Expression.Text("0"), 0);
    private static readonly Expression AnyFraction =
        Expression.Optional(Expression.Sequence(Expression.Text("."), Expression.Repeat(Digit, 1)));

    private static readonly Expression AnyMagnitude =
        Expression.Sequence(Expression.AnyOf(Expression.Text("0"), WholeOfLength(1, null)), AnyFraction);

    /// <summary>Numbers from a bound up.</summary>
    public static Expression AtLeast(DecimalNumber bound, bool exclusive)
    {
        return bound.IsNegative
            ? Expression.AnyOf(AnyMagnitude, Negative(Below(bound, exclusive)))
            : Above(bound, exclusive);
    }

    /// <summary>Numbers from a bound down.</summary>
    public static Expression AtMost(DecimalNumber bound, bool exclusive)
    {
        // Minus zero is not less than zero.
        return bound.IsNegative ? Negative(Above(bound, exclusive))
            : bound.IsZero && exclusive ? Negative(Above(bound, exclusive))
            : Expression.AnyOf(Negative(AnyMagnitude), Below(bound, exclusive));
    }

    private static Expression Negative(Expression magnitude)
    {
        return Expression.Sequence(Expression.Text("-"), magnitude);
    }

    private static Expression Below(DecimalNumber bound, bool exclusive)
    {
        Expression same = exclusive
            ? LessFraction(bound.Fraction)
            : Expression.AnyOf(LessFraction(bound.Fraction), SameFraction(bound.Fraction));
        return Expression.AnyOf(
            Expression.Sequence(LessWhole(bound.Whole), AnyFraction),
            Expression.Sequence(Expression.Text(bound.Whole), same));
    }

    private static Expression Above(DecimalNumber bound, bool exclusive)
    {
        Expression same = exclusive
            ? GreaterFraction(bound.Fraction)
            : Expression.AnyOf(GreaterFraction(bound.Fraction), SameFraction(bound.Fraction));
        return Expression.AnyOf(
            Expression.Sequence(GreaterWhole(bound.Whole), AnyFraction),
            Expression.Sequence(Expression.Text(bound.Whole), same));
    }

    // Shorter ones are less; of the same length, the first digit that differs decides.
    private static Expression LessWhole(string whole)
    {
        var choices = new List<Expression>();
        if (whole.Length > 1)
        {
            choices.Add(Expression.Text("0"));
            choices.Add(whole.Length > 2 ? WholeOfLength(1, whole.Length - 1) : Digits('1', '9'));
        }

        for (int i = 0; i < whole.Length; i++)
        {
            char least = i == 0 && whole.Length > 1 ? '1' : '0';
            choices.Add(Differing(whole, i, least, (char)(whole[i] - 1)));
        }

        return Expression.AnyOf(choices);
    }

    private static Expression GreaterWhole(string whole)
    {
        var choices = new List<Expression> { WholeOfLength(whole.Length + 1, null) };
        for (int i = 0; i < whole.Length; i++)
        {
            choices.Add(Differing(whole, i, (char)(whole[i] + 1), '9'));
        }

        return Expression.AnyOf(choices);
    }

    private static Expression Differing(string whole, int index, char least, char most)
    {
        return Expression.Sequence(
            Expression.Text(whole[..index]),
            Digits(least, most),
            Expression.Repeat(Digit, whole.Length - index - 1, whole.Length - index - 1));
    }

    // Whole numbers without leading zeros, of so many digits.
    private static Expression WholeOfLength(int least, int? most)
    {
        return Expression.Sequence(Digits('1', '9'), Expression.Repeat(Digits('0', '9'), least - 1, most - 1));
    }

    private static Expression LessFraction(string fraction)
    {
        if (fraction.Length == 0)
        {
            return Expression.Never;
        }

        var choices = new List<Expression> { Expression.Empty };
        for (int i = 0; i < fraction.Length; i++)
        {
            choices.Add(Point(fraction[..i], Digits('0', (char)(fraction[i] - 1)), AnyDigits));
            if (i > 0)
            {
                choices.Add(Point(fraction[..i], Expression.Empty, Expression.Empty));
            }
        }

        return Expression.AnyOf(choices);
    }

    private static Expression SameFraction(string fraction)
    {
        return fraction.Length > 0
            ? Point(fraction, Zeros, Expression.Empty)
            : Expression.Optional(Point("", Expression.Text("0"), Zeros));
    }

    private static Expression GreaterFraction(string fraction)
    {
        var choices = new List<Expression>
        {
            Expression.Sequence(Point(fraction, Zeros, Expression.Empty), Digits('1', '9'), AnyDigits),
        };
        for (int i = 0; i < fraction.Length; i++)
        {
            choices.Add(Point(fraction[..i], Digits((char)(fraction[i] + 1), '9'), AnyDigits));
        }

        return Expression.AnyOf(choices);
    }

    private static Expression Point(string digits, Expression next, Expression last)
    {
        return Expression.Sequence(Expression.Text("." + digits), next, last);
    }

    private static Expression Digits(char least, char most)
    {
        return least <= most ? Expression.Of(ScalarSet.Of((least, most))) : Expression.Never;
    }
}
