namespace Laser.Serve.Tokenization.Patterns;

/// <summary>Reads <c>[...]</c>: ranges, escapes, classes in classes, intersections.</summary>
internal sealed class PatternClassParser(PatternReader reader, bool ignoreCase)
{
    private const int MaxDepth = 100;

    /// <summary>Reads on behind the opening bracket.</summary>
    public CharacterSet Parse(int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw reader.Error("classes nested too deeply");
        }

        bool negated = reader.TryTake('^');
        CharacterSet set = ParseUnion(depth);
        while (!reader.TryTake(']'))
        {
            // ParseUnion stops at ']' and behind '&&' only.
            set = set.Intersect(ParseUnion(depth));
        }

        return negated ? set.Negate() : set;
    }

    private CharacterSet ParseUnion(int depth)
    {
        var sets = new List<CharacterSet>();
        while (!reader.IsNext(']') && !TryTakeIntersection())
        {
            sets.Add(ParseItem(depth));
        }

        return sets.Count > 0 ? new CharacterSet(sets: [.. sets]) : throw reader.Error("empty class");
    }

    private bool TryTakeIntersection()
    {
        if (!reader.TryTake('&'))
        {
            return false;
        }

        return reader.TryTake('&') ? true : throw reader.Error("'&' in a class must be escaped");
    }

    private CharacterSet ParseItem(int depth)
    {
        if (reader.TryTake('['))
        {
            return reader.IsNext(':')
                ? throw reader.Error("POSIX classes are not supported")
                : Parse(depth + 1);
        }

        PatternEscape first = ReadCharacter();
        if (first.Set is not null)
        {
            return first.Set;
        }

        if (!reader.TryTake('-'))
        {
            return Character(first.Character);
        }

        if (reader.IsNext(']'))
        {
            return new CharacterSet(sets: [Character(first.Character), CharacterSet.Single('-')]);
        }

        return reader.IsNext('[')
            ? throw reader.Error("'[' as the end of a range must be escaped")
            : Range(first.Character, ReadCharacter());
    }

    private CharacterSet Range(int first, PatternEscape last)
    {
        if (last.Set is not null || last.Character < first)
        {
            throw reader.Error("range in a class that does not ascend");
        }

        return ignoreCase
            ? throw reader.Error("range in a class that ignores case is not supported")
            : new CharacterSet(ranges: [(first, last.Character)]);
    }

    private PatternEscape ReadCharacter()
    {
        int c = reader.Take();
        return c == '\\' ? PatternEscape.Read(reader, ignoreCase) : new PatternEscape(null, c);
    }

    private CharacterSet Character(int scalar)
    {
        return ignoreCase ? CaseFolding.Fold(scalar, reader) : CharacterSet.Single(scalar);
    }
}
