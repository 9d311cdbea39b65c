using System.Text.Json.Serialization;

namespace Laser.Serve.OpenAi;

/// <summary>A whole answer, or a piece of a streamed one.</summary>
internal sealed record Completion
{
    public required string Id { get; init; }

    [JsonPropertyName("object")]
    public string Kind { get; } = "text_completion";

    // Seconds since 1970, UTC.
    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<CompletionChoice> Choices { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CompletionUsage? Usage { get; init; }
}

/// <summary>One text of an answer, or a piece of it.</summary>
internal sealed record CompletionChoice
{
    public required string Text { get; init; }

    public required int Index { get; init; }

    public CompletionLogprobs? Logprobs { get; init; }

    public string? FinishReason { get; init; }

    // What ended the text besides the end-of-sequence token, as vLLM has it: a stop string or a stop token's id.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StopReason? StopReason { get; init; }

    // Where return_token_ids asks for it.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<uint>? TokenIds { get; init; }
}

/// <summary>Token counts of an answer.</summary>
internal sealed record CompletionUsage(
    uint PromptTokens, uint CompletionTokens, uint TotalTokens, PromptTokensDetails PromptTokensDetails);

/// <summary>What the prompts' tokens cost: cached ones did not have to be computed.</summary>
internal sealed record PromptTokensDetails(uint CachedTokens);

/// <summary>Log-probabilities in the form of the completions API: lists with an element for each token.</summary>
internal sealed record CompletionLogprobs
{
    public List<string> Tokens { get; } = [];

    // Null for the first token of an echoed prompt, which nothing predicts.
    public List<float?> TokenLogprobs { get; } = [];

    public List<Dictionary<string, float>?> TopLogprobs { get; } = [];

    // Where the token begins in the text of the choice, in Unicode code points.
    public List<int> TextOffset { get; } = [];

    public void Add(CompletionLogprobs more)
    {
        Tokens.AddRange(more.Tokens);
        TokenLogprobs.AddRange(more.TokenLogprobs);
        TopLogprobs.AddRange(more.TopLogprobs);
        TextOffset.AddRange(more.TextOffset);
    }
}
