using System.Globalization;
using System.Text;
using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// How JSON is written: without white space but for one space that may follow a comma or a colon, and with one spelling
/// for each character of a string.
/// </summary>
internal static class JsonText
{
    private const string ShortEscaped = "\"\\\b\f\n\r\t";
    private const string ShortEscapes = "\"\\bfnrt";

    private static readonly ScalarSet Controls = ScalarSet.Of((0, 0x1F));
    private static readonly ScalarSet Raw = Controls.Union(ScalarSet.OfCharacters("\"\\")).Complement();

    public static Expression Comma { get; } = WithSpace(",");

    public static Expression Colon { get; } = WithSpace(":");

    /// <summary>A character of a string of which nothing is said: any but control characters without a short escape.</summary>
    public static Expression FreeCharacter { get; } = Character(Raw.Union(ScalarSet.OfCharacters(ShortEscaped)));

    public static Expression FreeString { get; } = Quoted(Expression.Repeat(FreeCharacter, 0));

    /// <summary>One of these characters, as it stands between the quotes.</summary>
    public static Expression Character(ScalarSet set)
    {
        var letters = ScalarSet.OfCharacters(string.Concat(
            ShortEscapes.Where((_, i) => !set.Intersect(ScalarSet.Single(ShortEscaped[i])).IsEmpty)));
        ScalarSet others = set.Intersect(Controls).Except(ScalarSet.OfCharacters(ShortEscaped));
        Expression escape = Expression.AnyOf(
            Expression.Of(letters),
            HexEscape("u000", others.Intersect(ScalarSet.Of((0, 0xF)))),
            HexEscape("u001", others.Intersect(ScalarSet.Of((0x10, 0x1F)))));
        return Expression.AnyOf(
            Expression.Of(set.Intersect(Raw)),
            Expression.Sequence(Expression.Text("\\"), escape));
    }

    /// <summary>Characters in quotes.</summary>
    public static Expression Quoted(Expression characters)
    {
        return Expression.Sequence(Expression.Text("\""), characters, Expression.Text("\""));
    }

    /// <summary>This string, in quotes.</summary>
    public static Expression Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (char c in text)
        {
            int escape = ShortEscaped.IndexOf(c);
            _ = escape >= 0 ? result.Append('\\').Append(ShortEscapes[escape])
                : c < ' ' ? result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : result.Append(c);
        }

        return Expression.Text(result.Append('"').ToString());
    }

    private static Expression HexEscape(string start, ScalarSet controls)
    {
        string digits = "";
        foreach ((int first, int last) in controls.Ranges)
        {
            for (int control = first; control <= last; control++)
            {
                digits += (control & 0xF).ToString("x", CultureInfo.InvariantCulture);
            }
        }

        return Expression.Sequence(Expression.Text(start), Expression.Of(ScalarSet.OfCharacters(digits)));
    }

    private static Expression WithSpace(string mark)
    {
        return Expression.Sequence(Expression.Text(mark), Expression.Optional(Expression.Text(" ")));
    }
}
