using System.Text.Json.Serialization;

namespace Laser.Serve.OpenAi;

/// <summary>An error in OpenAI's shape.</summary>
/// <param name="Message">A sentence for people.</param>
/// <param name="Type">Class of the error.</param>
/// <param name="Param">The caller's name of the parameter that is wrong; null if it is none.</param>
/// <param name="Code">Stable word for programs.</param>
internal sealed record OpenAiError(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    string Code)
{
    /// <summary>Class of what the caller has to change.</summary>
    public const string InvalidRequest = "invalid_request_error";
}

/// <summary>The body of an answer that is an error.</summary>
internal sealed record OpenAiErrorBody(OpenAiError Error);
