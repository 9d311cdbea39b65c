namespace Laser.Serve.Tokenization.Patterns;

/// <summary>A string that is not empty.</summary>
internal sealed class LiteralPattern(string literal) : ITextPattern
{
    /// <inheritdoc/>
    public void FindMatches(ReadOnlySpan<char> text, List<PatternMatch> matches)
    {
        int done = 0;
        while (done < text.Length)
        {
            int offset = text[done..].IndexOf(literal, StringComparison.Ordinal);
            int start = offset < 0 ? text.Length : done + offset;
            if (start > done)
            {
                matches.Add(new PatternMatch(done, start, IsMatch: false));
            }

            if (offset < 0)
            {
                break;
            }

            done = start + literal.Length;
            matches.Add(new PatternMatch(start, done, IsMatch: true));
        }
    }
}
