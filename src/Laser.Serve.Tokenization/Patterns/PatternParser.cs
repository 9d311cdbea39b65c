namespace Laser.Serve.Tokenization.Patterns;

/// <summary>
/// Reads the part of Oniguruma's syntax that tokenizers use. What has another meaning there than elsewhere
/// (<c>{1,3}+</c>, <c>{3}?</c>), and all that is not known, is an error.
/// </summary>
/// <remarks>https://github.com/kkos/oniguruma/blob/master/doc/RE</remarks>
internal sealed class PatternParser
{
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 100;

    private readonly PatternReader _reader;
    private bool _ignoreCase;
    private int _depth;

    private PatternParser(string pattern)
    {
        _reader = new PatternReader(pattern);
    }

    /// <exception cref="PatternSyntaxException">The pattern is wrong or not supported.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode node = parser.ParseAlternation();
        return parser._reader.AtEnd ? node : throw parser._reader.Error("unmatched ')'");
    }

    private PatternNode ParseAlternation()
    {
        if (++_depth > MaxDepth)
        {
            throw _reader.Error("groups nested too deeply");
        }

        var choices = new List<PatternNode> { ParseConcatenation() };
        while (_reader.TryTake('|'))
        {
            choices.Add(ParseConcatenation());
        }

        _depth--;
        return choices.Count == 1 ? choices[0] : new PatternNode.Alternation(choices);
    }

    private PatternNode.Concatenation ParseConcatenation()
    {
        var items = new List<PatternNode>();
        int letterBefore = 0;
        while (!_reader.AtEnd && !_reader.IsNext('|') && !_reader.IsNext(')'))
        {
            int letter = _ignoreCase && !_reader.AtEnd ? _reader.Peek() : 0;
            if (CaseFolding.JoinsInto(letterBefore, letter))
            {
                throw _reader.Error("letters that case folding joins into one character are not supported");
            }

            letterBefore = letter;
            items.Add(ParseQuantifiers(ParseAtom()));
        }

        return new PatternNode.Concatenation(items);
    }

    private PatternNode ParseAtom()
    {
        int c = _reader.Take();
        switch (c)
        {
            case '(':
                return ParseGroup();
            case '[':
                return new PatternNode.Set(new PatternClassParser(_reader, _ignoreCase).Parse());
            case '.':
                return new PatternNode.Set(CharacterClasses.AnyButLineFeed);
            case '^' or '$':
                return new PatternNode.LineEdge(AtEnd: c == '$');
            case '*' or '+' or '?':
                throw _reader.Error("nothing to repeat");
            case '\\':
                PatternEscape escape = PatternEscape.Read(_reader, _ignoreCase);
                return new PatternNode.Set(escape.Set ?? Character(escape.Character));
            default:
                return new PatternNode.Set(Character(c));
        }
    }

    private CharacterSet Character(int scalar)
    {
        return _ignoreCase ? CaseFolding.Fold(scalar, _reader) : CharacterSet.Single(scalar);
    }

    private PatternNode ParseGroup()
    {
        bool outerIgnoreCase = _ignoreCase;
        Func<PatternNode, PatternNode> wrap = ReadGroupKind();
        PatternNode body = ParseAlternation();
        _reader.Expect(')');
        _ignoreCase = outerIgnoreCase;
        return wrap(body);
    }

    private Func<PatternNode, PatternNode> ReadGroupKind()
    {
        if (!_reader.TryTake('?'))
        {
            return body => body;
        }

        switch (_reader.Take())
        {
            case ':':
                return body => body;
            case '>':
                return body => new PatternNode.Atomic(body);
            case '=':
                return body => new PatternNode.LookAhead(body, Negative: false);
            case '!':
                return body => new PatternNode.LookAhead(body, Negative: true);
            case 'i':
                _reader.Expect(':');
                _ignoreCase = true;
                return body => body;
            default:
                throw _reader.Error("group of a kind that is not supported");
        }
    }

    private PatternNode ParseQuantifiers(PatternNode item)
    {
        while (TryReadCounts(out int least, out int? most, out bool braces))
        {
            if (most is null or > 1 && item.CanBeEmpty)
            {
                throw _reader.Error("repetition of what may be empty is not supported");
            }

            item = new PatternNode.Repetition(item, least, most, ReadKind(braces, least == most));
        }

        return item;
    }

    private RepetitionKind ReadKind(bool braces, bool exact)
    {
        if (braces && (_reader.IsNext('+') || (exact && _reader.IsNext('?'))))
        {
            throw _reader.Error("quantifier after {} that dialects read differently");
        }

        return _reader.TryTake('?') ? RepetitionKind.Lazy
            : _reader.TryTake('+') ? RepetitionKind.Possessive
            : RepetitionKind.Greedy;
    }

    private bool TryReadCounts(out int least, out int? most, out bool braces)
    {
        (least, most, braces) = (0, null, false);
        if (_reader.TryTake('*'))
        {
            return true;
        }

        if (_reader.TryTake('+'))
        {
            least = 1;
            return true;
        }

        if (_reader.TryTake('?'))
        {
            most = 1;
            return true;
        }

        if (_reader.AtEnd || !_reader.TryTake('{'))
        {
            return false;
        }

        braces = true;
        (least, most) = ReadBraces();
        return true;
    }

    private (int Least, int? Most) ReadBraces()
    {
        int? least = _reader.TakeNumber();
        int? most = least;
        if (_reader.TryTake(','))
        {
            most = _reader.TakeNumber();
            if (least is null && most is null)
            {
                throw _reader.Error("'{' that begins no repetition");
            }
        }
        else if (least is null)
        {
            throw _reader.Error("'{' that begins no repetition");
        }

        _reader.Expect('}');
        if (least > MaxRepeat || most > MaxRepeat || most < (least ?? 0))
        {
            throw _reader.Error($"repetition counts must ascend and not exceed {MaxRepeat}");
        }

        return (least ?? 0, most);
    }
}
