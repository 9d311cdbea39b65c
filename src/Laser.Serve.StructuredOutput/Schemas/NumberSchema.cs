using System.Text.Json;
using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>Reads what a schema says about numbers. Where there is a bound, they are written without exponent.</summary>
internal static class NumberSchema
{
    public static Expression Read(SchemaNode schema, bool isInteger)
    {
        Expression range = isInteger ? JsonValues.Integer : JsonValues.Number;
        range = Bound(range, schema, "minimum", bound => DecimalRange.AtLeast(bound, exclusive: false));
        range = Bound(range, schema, "exclusiveMinimum", bound => DecimalRange.AtLeast(bound, exclusive: true));
        range = Bound(range, schema, "maximum", bound => DecimalRange.AtMost(bound, exclusive: false));
        return Bound(range, schema, "exclusiveMaximum", bound => DecimalRange.AtMost(bound, exclusive: true));
    }

    private static Expression Bound(
        Expression range,
        SchemaNode schema,
        string keyword,
        Func<DecimalNumber, Expression> side)
    {
        if (schema.Find(keyword) is not SchemaNode bound)
        {
            return range;
        }

        bound.Expect(JsonValueKind.Number, "a number");
        return Expression.Both(
            range,
            side(DecimalNumber.Parse(bound.Element) ?? throw bound.Error("has too many digits")));
    }
}
