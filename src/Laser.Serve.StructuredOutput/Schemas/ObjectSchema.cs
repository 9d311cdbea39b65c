using System.Text.Json;
using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// Reads what a schema says about objects. Properties come in the order of the schema. Without
/// <c>additionalProperties</c>, an object has no others than those that are named, if any are: all that is generated
/// fits the schema, but not all that fits is generated.
/// </summary>
internal static class ObjectSchema
{
    public static Expression Read(SchemaNode schema, Func<SchemaNode, Expression> read)
    {
        SchemaNode? named = schema.Find("properties");
        Expression additional = ReadAdditional(schema, named is not null, read);
        HashSet<string> required = ReadRequired(schema);
        var parts = new List<ListPart>();
        foreach ((string name, SchemaNode value) in named?.Properties() ?? [])
        {
            parts.Add(Part(name, read(value), required.Remove(name)));
        }

        foreach (string name in required)
        {
            parts.Add(additional.IsNever
                ? throw schema.Find("required")!.Value.Error($"property \"{name}\" is not among the properties")
                : Part(name, additional, isRequired: true));
        }

        parts.Add(new ListPart(JsonValues.Property(OtherName(schema, named), additional), 0, null));
        return JsonValues.Object(parts);
    }

    private static ListPart Part(string name, Expression value, bool isRequired)
    {
        return new ListPart(JsonValues.Property(JsonText.Quote(name), value), isRequired ? 1 : 0, 1);
    }

    private static Expression ReadAdditional(SchemaNode schema, bool hasNamed, Func<SchemaNode, Expression> read)
    {
        return schema.Find("additionalProperties") is SchemaNode additional ? additional.Element.ValueKind switch
        {
            JsonValueKind.True => JsonValues.AnyInside,
            _ => read(additional),
        }
        : hasNamed ? Expression.Never
        : JsonValues.AnyInside;
    }

    private static HashSet<string> ReadRequired(SchemaNode schema)
    {
        return [.. schema.Find("required")?.Items().Select(name => name.AsText()) ?? []];
    }

    private static Expression OtherName(SchemaNode schema, SchemaNode? named)
    {
        IEnumerable<string> names =
            [.. named?.Properties().Select(property => property.Name) ?? [], .. ReadRequired(schema)];
        return Expression.Except(JsonText.FreeString, Expression.AnyOf(names.Distinct().Select(JsonText.Quote)));
    }
}
