using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Patterns;

/// <summary>
/// Reads the regular part of ECMAScript's regular expressions (with flag u). All else is an error that says where.
/// </summary>
/// <remarks>https://tc39.es/ecma262/#sec-patterns</remarks>
internal sealed class RegexParser
{
    private const int MaxRepeat = 65_535;
    private const int MaxDepth = 100;

    private readonly RegexReader _reader;
    private readonly Func<ScalarSet, Expression> _character;
    private readonly Expression _around;
    private int _depth;

    private RegexParser(RegexReader reader, Func<ScalarSet, Expression> character, Expression around)
    {
        _reader = reader;
        _character = character;
        _around = around;
    }

    /// <summary>The texts that the pattern matches from start to end.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="place">Where it is, for errors.</param>
    /// <exception cref="ConstraintException">The pattern is wrong or not supported.</exception>
    public static Expression ParseWhole(string pattern, SpecPlace place)
    {
        return new RegexParser(new RegexReader(pattern, place), Expression.Of, Expression.Empty).ParseTop();
    }

    /// <summary>The texts in which the pattern matches somewhere.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="place">Where it is, for errors.</param>
    /// <param name="character">How a character of a set is written in the text.</param>
    /// <exception cref="ConstraintException">The pattern is wrong or not supported.</exception>
    public static Expression ParseAnywhere(string pattern, SpecPlace place, Func<ScalarSet, Expression> character)
    {
        Expression around = Expression.Repeat(character(ScalarSet.All), 0);
        return new RegexParser(new RegexReader(pattern, place), character, around).ParseTop();
    }

    // An anchor binds one alternative, not all of them: ^a|b$ is "begins with a" or "ends with b".
    private Expression ParseTop()
    {
        var choices = new List<Expression>();
        do
        {
            Expression before = _reader.TryTake('^') ? Expression.Empty : _around;
            Expression body = ParseConcatenation();
            Expression after = TryTakeEndAnchor() ? Expression.Empty : _around;
            choices.Add(Expression.Sequence(before, body, after));
        }
        while (_reader.TryTake('|'));

        return _reader.AtEnd ? Expression.AnyOf(choices) : throw _reader.Error("')' without a '('");
    }

    private bool TryTakeEndAnchor()
    {
        if (!_reader.TryTake('$'))
        {
            return false;
        }

        return _reader.AtEnd || _reader.IsNext('|')
            ? true
            : throw _reader.Error("'$' is supported at the end of the pattern only", _reader.Position - 1);
    }

    private Expression ParseConcatenation()
    {
        var items = new List<Expression>();
        while (!_reader.AtEnd && !_reader.IsNext('|') && !_reader.IsNext(')') && !(_depth == 0 && _reader.IsNext('$')))
        {
            items.Add(ParseQuantifier(ParseAtom()));
        }

        return Expression.Sequence(items);
    }

    private Expression ParseAtom()
    {
        int start = _reader.Position;
        int c = _reader.Take();
        switch (c)
        {
            case '(':
                return ParseGroup(start);
            case '[':
                return _character(RegexClassParser.Parse(_reader));
            case '.':
                return _character(RegexClasses.Dot);
            case '^':
                throw _reader.Error("'^' is supported at the start of the pattern only", start);
            case '$':
                throw _reader.Error("'$' is supported at the end of the pattern only", start);
            case '*' or '+' or '?':
                throw _reader.Error("nothing to repeat", start);
            case '{':
                throw _reader.Error("'{' must be escaped where it begins no repetition", start);
            case '\\':
                RegexEscape escape = RegexEscape.Read(_reader, inClass: false);
                return _character(escape.Set ?? ScalarSet.Single(escape.Character));
            default:
                return _character(ScalarSet.Single(c));
        }
    }

    private Expression ParseGroup(int start)
    {
        if (_reader.TryTake('?') && !_reader.TryTake(':'))
        {
            throw _reader.Error(
                _reader.IsNext('=') || _reader.IsNext('!') || _reader.IsNext("<=") || _reader.IsNext("<!")
                    ? "lookaround is not supported"
                    : "of groups only (...) and (?:...) are supported",
                start);
        }

        if (++_depth > MaxDepth)
        {
            throw _reader.Error($"groups are nested more than {MaxDepth} deep", start);
        }

        var choices = new List<Expression>();
        do
        {
            choices.Add(ParseConcatenation());
        }
        while (_reader.TryTake('|'));

        _reader.Expect(')');
        _depth--;
        return Expression.AnyOf(choices);
    }

    private Expression ParseQuantifier(Expression item)
    {
        int start = _reader.Position;
        if (!TryReadCounts(out int least, out int? most))
        {
            return item;
        }

        // Lazy or not, the whole text is the same. A possessive one gives nothing back, so that fewer texts match.
        _reader.TryTake('?');
        return _reader.IsNext('+') || _reader.IsNext('*') || _reader.IsNext('?') || _reader.IsNext('{')
            ? throw _reader.Error("possessive and repeated quantifiers are not supported", start)
            : Expression.Repeat(item, least, most);
    }

    private bool TryReadCounts(out int least, out int? most)
    {
        least = _reader.IsNext('+') ? 1 : 0;
        most = _reader.IsNext('?') ? 1 : null;
        if (_reader.TryTake('*') || _reader.TryTake('+') || _reader.TryTake('?'))
        {
            return true;
        }

        if (!_reader.TryTake('{'))
        {
            return false;
        }

        int start = _reader.Position - 1;
        least = _reader.TakeNumber()
            ?? throw _reader.Error("'{' must be escaped where it begins no repetition", start);
        most = _reader.TryTake(',') ? _reader.TakeNumber() : least;
        _reader.Expect('}');
        return least <= MaxRepeat && most is null or <= MaxRepeat && !(most < least)
            ? true
            : throw _reader.Error($"counts must ascend and not exceed {MaxRepeat}", start);
    }
}
