using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>Reads a pattern: <c>{"String": "..."}</c> or <c>{"Regex": "..."}</c>.</summary>
internal static class TextPatternReader
{
    public static ITextPattern Read(JsonField field)
    {
        return Read(field, out _);
    }

    /// <param name="field">The pattern.</param>
    /// <param name="literal">The string, if it is one.</param>
    public static ITextPattern Read(JsonField field, out string? literal)
    {
        field.AllowOnly("String", "Regex");
        literal = field.Find("String")?.AsString();
        JsonField? regex = field.Find("Regex");
        if ((literal is null) == (regex is null))
        {
            throw field.Error("either \"String\" or \"Regex\" expected");
        }

        if (literal is not null)
        {
            return literal.Length > 0 ? new LiteralPattern(literal) : throw field.Error("empty pattern");
        }

        try
        {
            return new RegexPattern(regex!.Value.AsString());
        }
        catch (PatternSyntaxException exception)
        {
            throw new TokenizerException(field.FilePath, regex!.Value.JsonPath, exception.Message, exception);
        }
    }
}
