using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>
/// Writes spaces as another character, puts one before the text if <paramref name="scheme"/> says so, and cuts the
/// text before each of them if <paramref name="split"/>.
/// </summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly SplitPreTokenizer _words = new(
        new CharacterPattern(CharacterSet.Single(replacement)), DelimiterBehavior.MergedWithNext);

    public void Split(Piece piece, List<Piece> output)
    {
        string text = piece.Text.ToString().Replace(' ', replacement);
        bool prepends = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart);
        if (prepends && text[0] != replacement)
        {
            text = replacement + text;
        }

        piece = piece with { Text = text.AsMemory() };
        if (split)
        {
            _words.Split(piece, output);
        }
        else
        {
            output.Add(piece);
        }
    }
}
