namespace Laser.Serve.Engine.Requests;

/// <summary>What a client asked for, checked and immutable.</summary>
public sealed record GenerationRequest
{
    /// <summary>Name for logs.</summary>
    public required string Id { get; init; }

    /// <summary>The prompt, at least one token.</summary>
    public required IReadOnlyList<int> PromptTokenIds { get; init; }

    /// <summary>Most tokens to generate, at least one.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public SamplingParams Sampling { get; init; } = new();

    /// <summary>Tokens that end the text and are no part of it (end of sequence).</summary>
    public IReadOnlyList<int> StopTokenIds { get; init; } = [];

    /// <summary>Strings that end the text; the text is cut before the match.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];
}
