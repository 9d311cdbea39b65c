namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>Running streams and long prompts of one round. Times are in milliseconds.</summary>
internal sealed record StormRound
{
    /// <summary>From token to token of the streams, while prompts were read.</summary>
    public required double Median { get; init; }

    public required double P99 { get; init; }

    public required double Longest { get; init; }

    /// <summary>From the submission of a long prompt to its first token.</summary>
    public required double FirstToken { get; init; }

    public required double PromptTokensPerSecond { get; init; }

    public required double StreamTokensPerSecond { get; init; }
}
