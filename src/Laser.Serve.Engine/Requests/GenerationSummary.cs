namespace Laser.Serve.Engine.Requests;

/// <summary>What the last output of a sequence tells.</summary>
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

    /// <summary>Of these, those whose keys and values were in the cache already.</summary>
    public int CachedTokenCount { get; init; }

    /// <summary>Tokens sampled, a stop token included.</summary>
    public required int GeneratedTokenCount { get; init; }

    /// <summary>From submission to the first step that had the request.</summary>
    public required TimeSpan QueueTime { get; init; }

    /// <summary>From the first step that had the request to its first token.</summary>
    public required TimeSpan PrefillTime { get; init; }

    /// <summary>From the first token to the last.</summary>
    public required TimeSpan DecodeTime { get; init; }
}
