using System.Text.Json;
using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>JSON values of which a schema says no more than their type, and values that it gives.</summary>
internal static class JsonValues
{
    /// <summary>Arrays and objects of which nothing is said are in each other so many times at most.</summary>
    public const int MaxFreeDepth = 4;

    private static readonly Expression Digits = Expression.Repeat(Expression.Of(ScalarSet.Of(('0', '9'))), 1);

    private static readonly Expression NonZero = Expression.Sequence(
        Expression.Of(ScalarSet.Of(('1', '9'))), Expression.Repeat(Expression.Of(ScalarSet.Of(('0', '9'))), 0));

    private static readonly Expression Minus = Expression.Optional(Expression.Text("-"));

    static JsonValues()
    {
        Any = Scalar;
        AnyInside = Scalar;
        for (int depth = 1; depth <= MaxFreeDepth; depth++)
        {
            AnyInside = Any;
            Any = Expression.AnyOf(
                Scalar,
                Array(new ListPart(AnyInside, 0, null)),
                Object(new ListPart(Property(JsonText.FreeString, AnyInside), 0, null)));
        }
    }

    public static Expression Null { get; } = Expression.Text("null");

    public static Expression Boolean { get; } = Expression.AnyOf(Expression.Text("true"), Expression.Text("false"));

    public static Expression Integer { get; } =
        Expression.AnyOf(Expression.Text("0"), Expression.Sequence(Minus, NonZero));

    public static Expression Number { get; } = Expression.Sequence(
        Minus,
        Expression.AnyOf(Expression.Text("0"), NonZero),
        Expression.Optional(Expression.Sequence(Expression.Text("."), Digits)),
        Expression.Optional(Expression.Sequence(
            Expression.Of(ScalarSet.OfCharacters("eE")),
            Expression.Optional(Expression.Of(ScalarSet.OfCharacters("+-"))),
            Digits)));

    /// <summary>Any value.</summary>
    public static Expression Any { get; }

    /// <summary>Any value in an array or object that counts as one level.</summary>
    public static Expression AnyInside { get; }

    private static Expression Scalar { get; } = Expression.AnyOf(Null, Boolean, Number, JsonText.FreeString);

    public static Expression Array(params IEnumerable<ListPart> items)
    {
        return Bracketed("[", Expression.List(JsonText.Comma, items), "]");
    }

    public static Expression Object(params IEnumerable<ListPart> properties)
    {
        return Bracketed("{", Expression.List(JsonText.Comma, properties), "}");
    }

    public static Expression Property(Expression name, Expression value)
    {
        return Expression.Sequence(name, JsonText.Colon, value);
    }

    /// <summary>A value that a schema gives. Numbers stay as it writes them.</summary>
    public static Expression Given(SchemaNode value) => value.Element.ValueKind switch
    {
        JsonValueKind.Object => Object(value.Properties()
            .Select(property => Once(Property(JsonText.Quote(property.Name), Given(property.Value))))),
        JsonValueKind.Array => Array(value.Items().Select(item => Once(Given(item)))),
        JsonValueKind.String => JsonText.Quote(value.AsText()),
        _ => Expression.Text(value.Element.GetRawText()),
    };

    public static Expression Bracketed(string open, Expression inner, string close)
    {
        return Expression.Sequence(Expression.Text(open), inner, Expression.Text(close));
    }

    private static ListPart Once(Expression item) => new(item, 1, 1);
}
