using System.Text;

namespace Laser.Serve.Tokenization.Patterns;

/// <summary>Any one character of a set.</summary>
internal sealed class CharacterPattern(CharacterSet set) : ITextPattern
{
    /// <inheritdoc/>
    public void FindMatches(ReadOnlySpan<char> text, List<PatternMatch> matches)
    {
        int done = 0;
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int next = position + rune.Utf16SequenceLength;
            if (set.Contains(rune.Value))
            {
                if (position > done)
                {
                    matches.Add(new PatternMatch(done, position, IsMatch: false));
                }

                matches.Add(new PatternMatch(position, next, IsMatch: true));
                done = next;
            }

            position = next;
        }

        if (position > done)
        {
            matches.Add(new PatternMatch(done, position, IsMatch: false));
        }
    }
}
