using System.Text.Json;
using Laser.Serve.StructuredOutput.Automata;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// Makes sure that no value fits two branches of <c>oneOf</c>. It sees that by their types, by values that they give,
/// or by a property that tells them apart; where it sees nothing, the schema is refused.
/// </summary>
internal sealed class SchemaDisjointness(SchemaReferences references, CompileBudget budget)
{
    private const int MaxDepth = 8;

    private static readonly string[] AllTypes = ["object", "array", "string", "number", "boolean", "null"];

    public void Check(SchemaNode[] branches)
    {
        for (int i = 0; i < branches.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (!AreDisjoint(branches[i], branches[j], 0))
                {
                    throw branches[i].Error($"it cannot be told apart from branch {j} of \"oneOf\"; use \"anyOf\"");
                }
            }
        }
    }

    private bool AreDisjoint(SchemaNode left, SchemaNode right, int depth)
    {
        budget.Work(100);
        left = Follow(left);
        right = Follow(right);
        if (left.Element.ValueKind == JsonValueKind.False || right.Element.ValueKind == JsonValueKind.False)
        {
            return true;
        }

        if (left.Element.ValueKind != JsonValueKind.Object || right.Element.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        string[] shared = [.. TypesOf(left).Intersect(TypesOf(right))];
        if (shared.Length == 0 || HaveNoValueInCommon(left, right))
        {
            return true;
        }

        return depth < MaxDepth
            && shared is ["object"]
            && (HasTellingProperty(left, right, depth) || HasTellingProperty(right, left, depth));
    }

    private SchemaNode Follow(SchemaNode schema)
    {
        for (int i = 0; i < MaxDepth; i++)
        {
            if (schema.Element.ValueKind != JsonValueKind.Object || schema.Find("$ref") is not SchemaNode reference)
            {
                break;
            }

            schema = references.Resolve(reference);
        }

        return schema;
    }

    // Keywords imply a type where text is generated, but not where it is checked: other types fit them all.
    private static IEnumerable<string> TypesOf(SchemaNode schema)
    {
        if (ValuesOf(schema) is IReadOnlyList<SchemaNode> values)
        {
            return AllTypes.Where(type => values.Any(value => SchemaKeywords.IsOfType(value.Element, type)));
        }

        return schema.Find("type") is SchemaNode type
            ? SchemaKeywords.ReadTypes(type).Select(name => name == "integer" ? "number" : name)
            : AllTypes;
    }

    private static IReadOnlyList<SchemaNode>? ValuesOf(SchemaNode schema)
    {
        return schema.Find("const") is SchemaNode value ? [value]
            : schema.Find("enum") is SchemaNode values ? [.. values.Items()]
            : null;
    }

    private bool HaveNoValueInCommon(SchemaNode left, SchemaNode right)
    {
        if (ValuesOf(left) is not IReadOnlyList<SchemaNode> some
            || ValuesOf(right) is not IReadOnlyList<SchemaNode> others)
        {
            return false;
        }

        budget.Work((long)some.Count * others.Count);
        return !some.Any(value => others.Any(other => JsonElement.DeepEquals(value.Element, other.Element)));
    }

    // One branch needs the property; in the other it has no value in common, or cannot be there.
    private bool HasTellingProperty(SchemaNode needs, SchemaNode other, int depth)
    {
        foreach (SchemaNode name in needs.Find("required")?.Items() ?? [])
        {
            SchemaNode? otherProperty = FindProperty(other, name.AsText());
            if (otherProperty is null
                ? other.Find("additionalProperties")?.Element.ValueKind == JsonValueKind.False
                : FindProperty(needs, name.AsText()) is SchemaNode property
                    && AreDisjoint(property, otherProperty.Value, depth + 1))
            {
                return true;
            }
        }

        return false;
    }

    private static SchemaNode? FindProperty(SchemaNode schema, string name)
    {
        return schema.Find("properties") is SchemaNode properties
            && properties.Element.ValueKind == JsonValueKind.Object
            ? properties.Find(name)
            : null;
    }
}
