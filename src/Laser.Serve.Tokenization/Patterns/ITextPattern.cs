namespace Laser.Serve.Tokenization.Patterns;

/// <summary>Something that can be looked for in a text.</summary>
internal interface ITextPattern
{
    /// <summary>
    /// Adds all matches, from left to right, and the text between them; together they cover the text.
    /// </summary>
    void FindMatches(ReadOnlySpan<char> text, List<PatternMatch> matches);
}
