using System.Text.Json;
using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary><c>guided_choice</c>, <c>_regex</c>, <c>_json</c> and <c>response_format</c> as a native constraint.</summary>
internal static class ConstraintTranslation
{
    private const string AnyObject = """{"type":"object"}""";

    /// <summary>The parameter that gives the constraint; null if none does.</summary>
    public static string? Parameter(CompletionRequest request) => Given(request).FirstOrDefault();

    /// <summary>The constraint; null if there is none.</summary>
    /// <exception cref="OpenAiException">400, naming the parameter.</exception>
    public static Constraint? Translate(CompletionRequest request)
    {
        string[] given = [.. Given(request)];
        if (given.Length > 1)
        {
            throw OpenAiException.BadRequest(
                given[1], "invalid_value", $"{given[1]} and {given[0]} are both there; one constraint is allowed.");
        }

        return given.FirstOrDefault() switch
        {
            "guided_choice" => new Constraint { Choice = new Choices { Texts = { request.GuidedChoice } } },
            "guided_regex" => new Constraint { Regex = request.GuidedRegex },
            "guided_json" => new Constraint { JsonSchema = SchemaText(request.GuidedJson!.Value) },
            "response_format" => new Constraint { JsonSchema = ResponseSchema(request.ResponseFormat!) },
            _ => null,
        };
    }

    private static IEnumerable<string> Given(CompletionRequest request)
    {
        if (request.GuidedChoice is not null)
        {
            yield return "guided_choice";
        }

        if (request.GuidedRegex is not null)
        {
            yield return "guided_regex";
        }

        if (request.GuidedJson is not null)
        {
            yield return "guided_json";
        }

        if (request.ResponseFormat is { Type: not "text" })
        {
            yield return "response_format";
        }
    }

    private static string ResponseSchema(ResponseFormat format) => format.Type switch
    {
        "json_object" => AnyObject,
        "json_schema" when format.JsonSchema?.Schema is { } schema => SchemaText(schema),
        "json_schema" => throw OpenAiException.BadRequest(
            "response_format.json_schema.schema",
            "missing_required_parameter",
            "response_format.json_schema.schema is missing."),
        _ => throw OpenAiException.BadRequest(
            "response_format.type",
            "invalid_value",
            $"response_format.type is '{format.Type}'; it must be text, json_object or json_schema."),
    };

    // A schema is an object, or, as some clients write it, its text.
    private static string SchemaText(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.String ? schema.GetString()! : schema.GetRawText();
}
