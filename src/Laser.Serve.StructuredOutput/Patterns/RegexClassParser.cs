using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Patterns;

/// <summary>Reads <c>[...]</c>: characters, ranges, escapes. What dialects read differently is an error.</summary>
internal static class RegexClassParser
{
    /// <summary>Reads on behind the opening bracket.</summary>
    public static ScalarSet Parse(RegexReader reader)
    {
        int start = reader.Position - 1;
        bool negated = reader.TryTake('^');
        if (reader.IsNext(']'))
        {
            throw reader.Error("a class must have members; ']' in one must be escaped", start);
        }

        var ranges = new List<(int First, int Last)>();
        while (!reader.TryTake(']'))
        {
            ReadItem(reader, ranges);
        }

        ScalarSet set = ScalarSet.Of([.. ranges]);
        return negated ? set.Complement() : set;
    }

    private static void ReadItem(RegexReader reader, List<(int First, int Last)> ranges)
    {
        int start = reader.Position;
        RegexEscape first = ReadCharacter(reader);
        bool isRange = reader.IsNext('-') && !reader.IsNext("-]");
        if (first.Set is null && !isRange)
        {
            ranges.Add((first.Character, first.Character));
            return;
        }

        if (first.Set is not null)
        {
            ranges.AddRange(isRange ? throw reader.Error("a class cannot begin a range", start) : first.Set.Ranges);
            return;
        }

        reader.Take();
        RegexEscape last = ReadCharacter(reader);
        ranges.Add(last.Set is null && last.Character >= first.Character
            ? (first.Character, last.Character)
            : throw reader.Error("a range must ascend from one character to another", start));
    }

    private static RegexEscape ReadCharacter(RegexReader reader)
    {
        int start = reader.Position;
        int c = reader.Take();
        if (c == '[' || (c == '&' && reader.IsNext('&')))
        {
            throw reader.Error($"'{(char)c}' must be escaped here, dialects read it differently", start);
        }

        return c == '\\' ? RegexEscape.Read(reader, inClass: true) : new RegexEscape(null, c);
    }
}
