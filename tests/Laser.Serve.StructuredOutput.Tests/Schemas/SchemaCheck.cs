using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Laser.Serve.StructuredOutput.Tests.Schemas;

/// <summary>Whether a JSON Schema holds for a value, by the letter of the specification and with no thought of speed.</summary>
internal static class SchemaCheck
{
    public static bool Holds(JsonElement schema, JsonElement value, JsonElement root)
    {
        return schema.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => schema.EnumerateObject().All(keyword => KeywordHolds(keyword, schema, value, root)),
        };
    }

    private static bool KeywordHolds(JsonProperty keyword, JsonElement schema, JsonElement value, JsonElement root)
    {
        JsonElement argument = keyword.Value;
        return keyword.Name switch
        {
            "type" => argument.ValueKind == JsonValueKind.Array
                ? argument.EnumerateArray().Any(name => IsType(value, name.GetString()!))
                : IsType(value, argument.GetString()!),
            "enum" => argument.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value)),
            "const" => JsonElement.DeepEquals(argument, value),
            "anyOf" => argument.EnumerateArray().Any(branch => Holds(branch, value, root)),
            "oneOf" => argument.EnumerateArray().Count(branch => Holds(branch, value, root)) == 1,
            "$ref" => Holds(Target(argument.GetString()!, root), value, root),
            _ => value.ValueKind switch
            {
                JsonValueKind.String => StringHolds(keyword.Name, argument, value.GetString()!),
                JsonValueKind.Number => NumberHolds(keyword.Name, argument, value),
                JsonValueKind.Array => ArrayHolds(keyword.Name, argument, schema, value, root),
                JsonValueKind.Object => ObjectHolds(keyword.Name, argument, schema, value, root),
                _ => true,
            },
        };
    }

    private static bool IsType(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Number => type == "number" || (type == "integer" && Number(value) % 1 == 0),
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        _ => value.ValueKind.ToString().Equals(type, StringComparison.OrdinalIgnoreCase),
    };

    private static bool StringHolds(string keyword, JsonElement argument, string value) => keyword switch
    {
        "minLength" => value.EnumerateRunes().Count() >= argument.GetInt32(),
        "maxLength" => value.EnumerateRunes().Count() <= argument.GetInt32(),
        "pattern" => Regex.IsMatch(value, argument.GetString()!.Replace("$", "\\z")),
        "format" => FormatHolds(argument.GetString()!, value),
        _ => true,
    };

    private static bool FormatHolds(string format, string value) => format switch
    {
        "date" => DateOnly.TryParseExact(
            value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) || value.StartsWith("0000-"),
        "date-time" => value.StartsWith("0000-") || (value[10] == 'T' && FormatHolds("date", value[..10]) && FormatHolds("time", value[11..])),
        "time" => TimeOnly.TryParseExact(value[..8], "HH:mm:ss", out _) && Regex.IsMatch(value[8..], @"\A(\.\d+)?(Z|[+-][0-2]\d:[0-5]\d)\z"),
        "uuid" => Guid.TryParseExact(value, "D", out _),
        "ipv4" => System.Net.IPAddress.TryParse(value, out System.Net.IPAddress? address) && address.ToString() == value,
        "email" => System.Net.Mail.MailAddress.TryCreate(value, out System.Net.Mail.MailAddress? mail) && mail.Address == value,
        _ => throw new NotSupportedException(format),
    };

    private static bool NumberHolds(string keyword, JsonElement argument, JsonElement value) => keyword switch
    {
        "minimum" => Number(value) >= Number(argument),
        "maximum" => Number(value) <= Number(argument),
        "exclusiveMinimum" => Number(value) > Number(argument),
        "exclusiveMaximum" => Number(value) < Number(argument),
        _ => true,
    };

    private static bool ArrayHolds(
        string keyword, JsonElement argument, JsonElement schema, JsonElement value, JsonElement root)
    {
        int prefix = schema.TryGetProperty("prefixItems", out JsonElement first) ? first.GetArrayLength() : 0;
        return keyword switch
        {
            "minItems" => value.GetArrayLength() >= argument.GetInt32(),
            "maxItems" => value.GetArrayLength() <= argument.GetInt32(),
            "prefixItems" => value.EnumerateArray().Zip(argument.EnumerateArray())
                .All(pair => Holds(pair.Second, pair.First, root)),
            "items" => value.EnumerateArray().Skip(prefix).All(item => Holds(argument, item, root)),
            _ => true,
        };
    }

    private static bool ObjectHolds(
        string keyword, JsonElement argument, JsonElement schema, JsonElement value, JsonElement root)
    {
        bool hasNamed = schema.TryGetProperty("properties", out JsonElement named);
        return keyword switch
        {
            "required" => argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
            "properties" => value.EnumerateObject().All(property =>
                !argument.TryGetProperty(property.Name, out JsonElement inner) || Holds(inner, property.Value, root)),
            "additionalProperties" => value.EnumerateObject().All(property =>
                (hasNamed && named.TryGetProperty(property.Name, out _)) || Holds(argument, property.Value, root)),
            _ => true,
        };
    }

    private static JsonElement Target(string pointer, JsonElement root)
    {
        return pointer.Split('/').Skip(1).Aggregate(root, (node, name) => node.GetProperty(name));
    }

    // Random digits may be too many for a decimal; their order of magnitude is then enough.
    private static decimal Number(JsonElement value)
    {
        return value.TryGetDecimal(out decimal number) ? number
            : value.GetRawText().StartsWith('-') ? decimal.MinValue
            : decimal.MaxValue;
    }
}
