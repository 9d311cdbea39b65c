using Laser.Serve.StructuredOutput.Expressions;
using Laser.Serve.StructuredOutput.Patterns;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>Reads what a schema says about strings. Lengths count characters, not bytes and not UTF-16 units.</summary>
internal static class StringSchema
{
    private const string Date =
        @"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
        + @"|02-(?:0[1-9]|1\d|2[0-8]))"
        + @"|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";

    private const string Time =
        @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+\-](?:[01]\d|2[0-3]):[0-5]\d)";

    private const string Byte = @"(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])";

    // The plain part of RFC 5322 and names of RFC 1123, with lengths that keep their limits of 64 and 255.
    private const string Email =
        @"[A-Za-z0-9](?:[._+\-]?[A-Za-z0-9]){0,31}@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}\.){1,3}[A-Za-z]{2,16}";

    private static readonly Dictionary<string, string> Formats = new()
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "T" + Time,
        ["uuid"] = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        ["ipv4"] = Byte + @"(?:\." + Byte + "){3}",
        ["email"] = Email,
    };

    /// <summary>The strings that fit, with their quotes.</summary>
    public static Expression Read(SchemaNode schema)
    {
        var all = new List<Expression>();
        if (schema.Find("format") is SchemaNode format)
        {
            all.Add(ReadFormat(format));
        }

        if (schema.Find("pattern") is SchemaNode pattern)
        {
            all.Add(RegexParser.ParseAnywhere(pattern.AsText(), pattern.Place, JsonText.Character));
        }

        SchemaNode? least = schema.Find("minLength");
        SchemaNode? most = schema.Find("maxLength");
        if (least is not null || most is not null || all.Count == 0)
        {
            Expression character = all.Count == 0 ? JsonText.FreeCharacter : JsonText.Character(ScalarSet.All);
            all.Add(RepeatWithin(character, least, most));
        }

        return JsonText.Quoted(all.Aggregate(Expression.Both));
    }

    private static Expression RepeatWithin(Expression character, SchemaNode? least, SchemaNode? most)
    {
        int from = least?.AsCount() ?? 0;
        int? to = most?.AsCount();
        return to < from
            ? throw most!.Value.Error($"is less than minLength, {from}")
            : Expression.Repeat(character, from, to);
    }

    private static Expression ReadFormat(SchemaNode format)
    {
        string name = format.AsText();
        return Formats.TryGetValue(name, out string? pattern)
            ? RegexParser.ParseAnywhere($"^(?:{pattern})$", format.Place, JsonText.Character)
            : throw format.Error(
                $"format \"{name}\" is not supported (supported are {string.Join(", ", Formats.Keys)})");
    }
}
