namespace Laser.Serve.Simulation.Results;

/// <summary>How a load at one arrival rate was served.</summary>
public sealed record RunResult
{
    /// <summary>Requests a second that came, in the mean, as asked for.</summary>
    public required double Rate { get; init; }

    /// <summary>From the start to the end of the last request, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Requests that came: the sum of the six counts below.</summary>
    public required long Requests { get; init; }

    /// <summary>Answered to the end.</summary>
    public required long Finished { get; init; }

    /// <summary>Refused because the queue was full.</summary>
    public required long Refused { get; init; }

    /// <summary>Refused because they can never fit the context or the cache.</summary>
    public required long TooLong { get; init; }

    /// <summary>Given up by their clients.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Ended by their time limit.</summary>
    public required long TimedOut { get; init; }

    /// <summary>Failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Finished within both limits of the service level.</summary>
    public required long Good { get; init; }

    /// <summary>Tokens generated, whatever became of their requests.</summary>
    public required long GeneratedTokens { get; init; }

    /// <summary>Tokens of the prompts that were started.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>Of these, those found in the prefix cache.</summary>
    public required long CachedTokens { get; init; }

    /// <summary>Steps, of all replicas.</summary>
    public required long Steps { get; init; }

    /// <summary>Sequences of a step, in the mean.</summary>
    public required double MeanBatch { get; init; }

    /// <summary>Tokens of a step, in the mean.</summary>
    public required double MeanStepTokens { get; init; }

    /// <summary>Part of the time in which a replica was in a step, in the mean of the replicas.</summary>
    public required double Utilisation { get; init; }

    /// <summary>Part of the cache's blocks that sequences held, in the mean of the steps.</summary>
    public required double CacheUse { get; init; }

    /// <summary>Times that a request gave its blocks back to others.</summary>
    public required long Preemptions { get; init; }

    /// <summary>From arrival to the first token.</summary>
    public required LatencySummary Ttft { get; init; }

    /// <summary>From one token of a request to the next.</summary>
    public required LatencySummary Itl { get; init; }

    /// <summary>From arrival to the first step, of requests that were started.</summary>
    public required LatencySummary Queue { get; init; }

    /// <summary>From arrival to the last token, of requests that finished.</summary>
    public required LatencySummary Total { get; init; }

    /// <summary>Tokens generated a second.</summary>
    public double TokensPerSecond => GeneratedTokens / Seconds;

    /// <summary>Requests finished a second.</summary>
    public double RequestsPerSecond => Finished / Seconds;

    /// <summary>Requests a second that were finished within the service level.</summary>
    public double Goodput => Good / Seconds;

    /// <summary>Part of the tokens of prompts that was found in the prefix cache.</summary>
    public double CacheHitShare => PromptTokens == 0 ? 0 : (double)CachedTokens / PromptTokens;
}
