using System.Text.Json;

namespace Laser.Serve.OpenAi;

/// <summary>
/// The parameters of <c>POST /v1/completions</c>: OpenAI's, then the extensions that other servers have too. Null is what
/// the caller left out. Ranges are those of the native request, which checks them.
/// </summary>
internal sealed record CompletionRequest
{
    public string? Model { get; init; }

    public PromptList? Prompt { get; init; }

    public uint? MaxTokens { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public uint? N { get; init; }

    public bool? Stream { get; init; }

    public StreamOptions? StreamOptions { get; init; }

    public StringList? Stop { get; init; }

    // OpenAI's seeds are signed, ours are not; this has room for both.
    public Int128? Seed { get; init; }

    public uint? Logprobs { get; init; }

    public bool? Echo { get; init; }

    public float? PresencePenalty { get; init; }

    public float? FrequencyPenalty { get; init; }

    public Dictionary<uint, float>? LogitBias { get; init; }

    // Who the caller's user is. Changes nothing in the answer.
    public string? User { get; init; }

    public uint? BestOf { get; init; }

    public string? Suffix { get; init; }

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public float? TypicalP { get; init; }

    public float? RepetitionPenalty { get; init; }

    public uint? MinTokens { get; init; }

    public bool? IgnoreEos { get; init; }

    public IReadOnlyList<uint>? StopTokenIds { get; init; }

    public bool? IncludeStopStrInOutput { get; init; }

    public bool? SkipSpecialTokens { get; init; }

    public IReadOnlyList<uint>? AllowedTokenIds { get; init; }

    public IReadOnlyList<string>? GuidedChoice { get; init; }

    public string? GuidedRegex { get; init; }

    public JsonElement? GuidedJson { get; init; }

    public ResponseFormat? ResponseFormat { get; init; }

    public uint? TruncatePromptTokens { get; init; }

    public uint? TimeLimitMs { get; init; }

    public int? Priority { get; init; }

    public string? CacheSalt { get; init; }

    public bool? ReturnTokenIds { get; init; }
}

/// <summary><c>stream_options</c>.</summary>
internal sealed record StreamOptions
{
    // A last message with the token counts and no text.
    public bool? IncludeUsage { get; init; }
}

/// <summary><c>response_format</c>: <c>text</c>, <c>json_object</c>, or <c>json_schema</c> with a schema.</summary>
internal sealed record ResponseFormat
{
    public string? Type { get; init; }

    public NamedSchema? JsonSchema { get; init; }
}

/// <summary><c>response_format.json_schema</c>. Only the schema counts; a constraint is always strict.</summary>
internal sealed record NamedSchema
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public JsonElement? Schema { get; init; }

    public bool? Strict { get; init; }
}
