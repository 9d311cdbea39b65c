using System.Text.Json;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>The keywords of JSON Schema that are supported. All others are refused, because none may be ignored.</summary>
internal static class SchemaKeywords
{
    /// <summary>Those that say all by themselves; at most one of them may be in a schema.</summary>
    private static readonly string[] Leading = ["$ref", "anyOf", "oneOf", "const", "enum"];

    private static readonly HashSet<string> Annotations =
    [
        "$schema", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated",
        "readOnly", "writeOnly",
    ];

    private static readonly Dictionary<string, string[]> TypesByKeyword = new()
    {
        ["properties"] = ["object"],
        ["required"] = ["object"],
        ["additionalProperties"] = ["object"],
        ["items"] = ["array"],
        ["prefixItems"] = ["array"],
        ["minItems"] = ["array"],
        ["maxItems"] = ["array"],
        ["minLength"] = ["string"],
        ["maxLength"] = ["string"],
        ["pattern"] = ["string"],
        ["format"] = ["string"],
        ["minimum"] = ["number", "integer"],
        ["maximum"] = ["number", "integer"],
        ["exclusiveMinimum"] = ["number", "integer"],
        ["exclusiveMaximum"] = ["number", "integer"],
    };

    /// <summary>Refuses keywords that are not supported, or not beside each other.</summary>
    /// <returns>The keyword that says all, if there is one.</returns>
    public static string? Check(SchemaNode schema, bool isRoot)
    {
        string? leading = Leading.FirstOrDefault(name => schema.Find(name) is not null);
        foreach ((string name, SchemaNode value) in schema.Properties())
        {
            if (Annotations.Contains(name) || name == leading || (isRoot && name == "$id"))
            {
                continue;
            }

            bool isType = name == "type";
            if (!isType && !TypesByKeyword.ContainsKey(name) && !Leading.Contains(name))
            {
                throw value.Error($"keyword \"{name}\" is not supported");
            }

            if (leading is not null && !(isType && leading is "const" or "enum"))
            {
                throw value.Error($"keyword \"{name}\" is not supported beside \"{leading}\"");
            }
        }

        return leading;
    }

    /// <summary>
    /// The types that a schema without a leading keyword is about: those it lists, or else those that its keywords are
    /// about. Null: of any type.
    /// </summary>
    public static IReadOnlyList<string>? FindTypes(SchemaNode schema)
    {
        IReadOnlyList<string>? listed = schema.Find("type") is SchemaNode type ? ReadTypes(type) : null;
        var implied = new List<string>();
        foreach ((string name, SchemaNode value) in schema.Properties())
        {
            if (!TypesByKeyword.TryGetValue(name, out string[]? types))
            {
                continue;
            }

            if (listed is not null && !types.Any(listed.Contains))
            {
                throw value.Error($"keyword \"{name}\" says nothing about type {string.Join(", ", listed)}");
            }

            implied.Add(types[0]);
        }

        return listed ?? (implied.Count > 0 ? [.. implied.Distinct()] : null);
    }

    public static IReadOnlyList<string> ReadTypes(SchemaNode type)
    {
        IEnumerable<SchemaNode> names = type.Element.ValueKind == JsonValueKind.Array ? type.Items() : [type];
        return [.. names.Select(name => name.AsText() is var text
            && text is "object" or "array" or "string" or "number" or "integer" or "boolean" or "null"
                ? text
                : throw name.Error($"type \"{text}\" does not exist"))];
    }

    /// <summary>Whether a value is of a type.</summary>
    public static bool IsOfType(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number"
            || (type == "integer" && DecimalNumber.Parse(value)?.IsInteger == true),
        JsonValueKind.Null => type == "null",
        _ => type == "boolean",
    };
}
