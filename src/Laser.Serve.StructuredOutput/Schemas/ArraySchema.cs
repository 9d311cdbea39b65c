using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// Reads what a schema says about arrays. With <c>prefixItems</c> and without <c>items</c>, no items follow the prefix:
/// all that is generated fits the schema, but not all that fits is generated.
/// </summary>
internal static class ArraySchema
{
    public static Expression Read(SchemaNode schema, Func<SchemaNode, Expression> read)
    {
        SchemaNode? prefix = schema.Find("prefixItems");
        Expression[] first = [.. prefix?.Items().Select(read) ?? []];
        Expression rest = schema.Find("items") is SchemaNode items ? read(items)
            : prefix is null ? JsonValues.AnyInside
            : Expression.Never;
        int least = schema.Find("minItems")?.AsCount() ?? 0;
        int? most = schema.Find("maxItems")?.AsCount();
        if (most < least)
        {
            throw schema.Find("maxItems")!.Value.Error($"is less than minItems, {least}");
        }

        if (least > first.Length && rest.IsNever)
        {
            throw schema.Find("minItems")!.Value.Error($"is more than the {first.Length} items that there may be");
        }

        return first.Length == 0
            ? JsonValues.Array(new ListPart(rest, least, most))
            : WithPrefix(first, rest, least, most);
    }

    // Items may be missing at the end only, so each but the first brings the comma before it.
    private static Expression WithPrefix(Expression[] first, Expression rest, int least, int? most)
    {
        int length = Math.Min(first.Length, most ?? first.Length);
        List<Expression> items = [.. first.Take(length)
            .Select((item, i) => i == 0 ? item : Expression.Sequence(JsonText.Comma, item))];
        if (length == first.Length)
        {
            items.Add(Expression.Repeat(
                Expression.Sequence(JsonText.Comma, rest), Math.Max(0, least - length), most - length));
        }

        return JsonValues.Bracketed("[", Expression.Partial(items, least > length ? items.Count : least), "]");
    }
}
