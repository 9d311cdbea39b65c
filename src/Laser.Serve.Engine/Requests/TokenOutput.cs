namespace Laser.Serve.Engine.Requests;

/// <summary>One step of a stream: a generated token, or the end.</summary>
/// <param name="TokenIds">New tokens (those of the text: the stop token is not among them).</param>
/// <param name="Text">
/// Text that is complete now: whole characters, nothing that could still become part of a stop string.
/// </param>
/// <param name="Final">Set on the last output, and only there.</param>
public readonly record struct TokenOutput(IReadOnlyList<int> TokenIds, string Text, GenerationSummary? Final);

/// <summary>What the last output of a stream tells.</summary>
public sealed record GenerationSummary
{
    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>The stop string that matched.</summary>
    public string? StopString { get; init; }

    /// <summary>The stop token that was sampled.</summary>
    public int? StopTokenId { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int PromptTokenCount { get; init; }

    /// <summary>Tokens sampled, a stop token included.</summary>
    public required int GeneratedTokenCount { get; init; }

    /// <summary>From submission to the first step that had the request.</summary>
    public required TimeSpan QueueTime { get; init; }

    /// <summary>From the first step that had the request to its first token.</summary>
    public required TimeSpan PrefillTime { get; init; }

    /// <summary>From the first token to the last.</summary>
    public required TimeSpan DecodeTime { get; init; }
}
