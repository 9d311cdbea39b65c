namespace Laser.Serve.Tokenization.Patterns;

/// <summary>
/// A regular expression over Unicode scalar values, with the meaning it has for Oniguruma, the engine that Hugging
/// Face's library uses.
/// </summary>
/// <remarks>
/// .NET's own engine works on UTF-16 units, where <c>\p{L}</c> matches no letter outside the basic plane and
/// <c>[^\s]</c> half of one; and its escapes, case folding and lines are not Oniguruma's. Patterns of tokenizers use
/// little of a regular expression language, so the little is written here.
/// </remarks>
internal sealed class RegexPattern : ITextPattern
{
    private readonly PatternInstruction[] _program;

    /// <exception cref="PatternSyntaxException">The pattern is wrong or not supported.</exception>
    public RegexPattern(string pattern)
    {
        _program = PatternCompiler.Compile(PatternParser.Parse(pattern));
    }

    /// <inheritdoc/>
    public void FindMatches(ReadOnlySpan<char> text, List<PatternMatch> matches)
    {
        if (text.IsEmpty)
        {
            // Nothing is looked for in an empty text, not even an empty match.
            return;
        }

        var matcher = new PatternMatcher(_program);
        int done = 0;
        int position = 0;
        int lastEnd = -1;
        while (position <= text.Length)
        {
            // An empty match right behind the last match is none.
            if (!matcher.TryMatch(text, position, out int end) || (end == position && end == lastEnd))
            {
                position += PatternMatcher.LengthAt(text, position);
                continue;
            }

            if (position > done)
            {
                matches.Add(new PatternMatch(done, position, IsMatch: false));
            }

            matches.Add(new PatternMatch(position, end, IsMatch: true));
            lastEnd = end;
            done = end;
            position = end;
        }

        if (done < text.Length)
        {
            matches.Add(new PatternMatch(done, text.Length, IsMatch: false));
        }
    }
}
