using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Laser.Serve.OpenAi;

/// <summary>
/// Bytes to <see cref="CompletionRequest"/>. What is not known is refused by name: a parameter that is ignored in silence is
/// how wrong benchmarks come about.
/// </summary>
internal static class CompletionRequestParser
{
    private static readonly HashSet<string> Known =
        [.. OpenAiJson.Default.CompletionRequest.Properties.Select(property => property.Name)];

    /// <exception cref="OpenAiException">400, naming the parameter.</exception>
    public static CompletionRequest Parse(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            throw Malformed("is not valid UTF-8");
        }

        try
        {
            CheckNames(body);
        }
        catch (JsonException e)
        {
            throw Malformed(body.IsEmpty
                ? "is empty"
                : $"is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }

        try
        {
            return JsonSerializer.Deserialize(body, OpenAiJson.Default.CompletionRequest)!;
        }
        catch (JsonException e)
        {
            throw WrongType(e.Path ?? "$");
        }
    }

    // One look at the whole body: its syntax, its outermost names, and escapes that make no text.
    private static void CheckNames(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var seen = new HashSet<string>();
        List<string> unknown = [];
        string name = "";
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Malformed("is not a JSON object");
        }

        while (reader.Read())
        {
            string? text = EscapedText(ref reader, name);
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
            {
                continue;
            }

            name = text ?? reader.GetString()!;
            if (!seen.Add(name))
            {
                throw OpenAiException.BadRequest(name, "duplicate_parameter", $"{name} is there twice.");
            }

            if (!Known.Contains(name))
            {
                unknown.Add(name);
            }
        }

        if (unknown.Count > 0)
        {
            throw Unknown(unknown);
        }
    }

    private static string? EscapedText(ref Utf8JsonReader reader, string name)
    {
        if (!reader.ValueIsEscaped)
        {
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw OpenAiException.BadRequest(
                name, "invalid_value", $"{name} has an escape that is half of a surrogate pair.");
        }
    }

    // The path is that of the serializer: $.stream_options.include_usage, $.stop_token_ids[1].
    private static OpenAiException WrongType(string path)
    {
        JsonTypeInfo type = OpenAiJson.Default.CompletionRequest;
        string name = "";
        foreach (string part in path.TrimStart('$').TrimStart('.').Split('.'))
        {
            if (type.Kind != JsonTypeInfoKind.Object)
            {
                break; // within a list: the parameter is the list
            }

            string property = part.Split('[')[0];
            name = name.Length == 0 ? property : $"{name}.{property}";
            if (type.Properties.FirstOrDefault(p => p.Name == property) is not { } found)
            {
                return Unknown([name]);
            }

            type = OpenAiJson.Default.GetTypeInfo(found.PropertyType)!;
        }

        return OpenAiException.BadRequest(name, "invalid_type", $"{name} must be {Words(type.Type)}.");
    }

    private static string Words(Type type) => type switch
    {
        _ when type == typeof(string) => "a string",
        _ when type == typeof(bool?) => "true or false",
        _ when type == typeof(float?) => "a number",
        _ when type == typeof(uint?) => $"a whole number from 0 to {uint.MaxValue}",
        _ when type == typeof(int?) => $"a whole number from {int.MinValue} to {int.MaxValue}",
        _ when type == typeof(Int128?) => "a whole number",
        _ when type == typeof(PromptList) => "a string, a list of strings, a list of token ids or a list of such lists",
        _ when type == typeof(StringList) => "a string or a list of strings",
        _ when type == typeof(IReadOnlyList<string>) => "a list of strings",
        _ when type == typeof(IReadOnlyList<uint>) => "a list of token ids",
        _ when type == typeof(Dictionary<uint, float>) => "an object from token ids to numbers",
        _ => "an object",
    };

    private static OpenAiException Unknown(List<string> names) => OpenAiException.BadRequest(
        names[0],
        "unknown_parameter",
        $"This server does not know {string.Join(", ", names.Select(n => $"'{n}'"))}; "
        + "unknown parameters are refused, not ignored.");

    private static OpenAiException Malformed(string problem) =>
        OpenAiException.BadRequest(null, "invalid_json", $"The body {problem}.");
}
