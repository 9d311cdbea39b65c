using System.Text;
using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>Writes something else in the place of each match of a pattern.</summary>
/// <param name="pattern">What to look for.</param>
/// <param name="content">What to write, as it is.</param>
/// <param name="keepsStart">See <see cref="INormalizer.KeepsStart"/>.</param>
internal sealed class ReplaceNormalizer(ITextPattern pattern, string content, bool keepsStart) : INormalizer
{
    public bool KeepsStart => keepsStart;

    public string Normalize(string text)
    {
        var matches = new List<PatternMatch>();
        pattern.FindMatches(text, matches);
        var result = new StringBuilder(text.Length);
        foreach (PatternMatch match in matches)
        {
            result.Append(match.IsMatch ? content : text.AsSpan(match.Start, match.End - match.Start));
        }

        return result.ToString();
    }
}
