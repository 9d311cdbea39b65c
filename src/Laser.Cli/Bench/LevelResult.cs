using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Bench;

/// <summary>What a level gave. Times are seconds.</summary>
internal sealed record LevelResult
{
    /// <summary>What the level is a number of.</summary>
    public required LoadMode Mode { get; init; }

    /// <summary>Requests a second, or clients at one time, as asked for.</summary>
    public required double Value { get; init; }

    /// <summary>When it began, so that what the server logged meanwhile can be found.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Whether the bench was stopped within this level.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>From the start to the end of the last request.</summary>
    public required double Seconds { get; init; }

    /// <summary>Requests sent: the sum of the five counts below.</summary>
    public required long Requests { get; init; }

    /// <summary>Answered to the end.</summary>
    public required long Finished { get; init; }

    /// <summary>Given up by their own client, as planned.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Ended by the time limit that they asked for.</summary>
    public required long TimedOut { get; init; }

    /// <summary>Ended with a status other than OK.</summary>
    public required long Failed { get; init; }

    /// <summary>Under way when the bench was stopped.</summary>
    public required long Unfinished { get; init; }

    /// <summary>Finished within both limits of the service level.</summary>
    public required long Good { get; init; }

    /// <summary>Finished with fewer tokens than were asked for: then other figures cannot be compared.</summary>
    public required long Short { get; init; }

    /// <summary>Failures by status, such as RESOURCE_EXHAUSTED for a full queue.</summary>
    public required SortedDictionary<string, FailureCount> Failures { get; init; }

    /// <summary>Tokens of the prompts of requests that had a token.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>Of these, those that the server had in its cache, as it says.</summary>
    public required long CachedTokens { get; init; }

    /// <summary>Tokens received, whatever became of their requests.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Most calls that were open at one time.</summary>
    public required long MostInFlight { get; init; }

    /// <summary>Requests that were sent late (see <see cref="Lateness"/>) by more than 10 ms.</summary>
    public required long Late { get; init; }

    /// <summary>Processor time of the client.</summary>
    public required double ClientProcessorSeconds { get; init; }

    /// <summary>From when a request was to be sent to when it was.</summary>
    public required LatencySummary Lateness { get; init; }

    /// <summary>From when a request was to be sent to its first token, of requests that had one.</summary>
    public required LatencySummary Ttft { get; init; }

    /// <summary>
    /// From token to token: the time between two messages with tokens, divided by the tokens of the later one and
    /// counted once for each of them.
    /// </summary>
    public required LatencySummary Itl { get; init; }

    /// <summary>Between two messages with tokens of a sequence, undivided: what a reader waits.</summary>
    public required LatencySummary MessageGap { get; init; }

    /// <summary>
    /// Mean time per output token of each finished sequence: from its first token to its last, divided by one less than
    /// there are; of those with at least two.
    /// </summary>
    public required LatencySummary Tpot { get; init; }

    /// <summary>From when a request was to be sent to its end, of those that finished.</summary>
    public required LatencySummary Total { get; init; }

    /// <summary>In the server's queue, of those that finished, as the server says.</summary>
    public required LatencySummary Queue { get; init; }

    /// <summary>Quantiles of <see cref="Itl"/> from 0 to 1 in steps of 0.01; empty where there are none.</summary>
    public required double[] ItlQuantiles { get; init; }

    /// <summary>Requests finished a second.</summary>
    public double RequestsPerSecond => Rate(Finished);

    /// <summary>Requests a second that finished within the service level.</summary>
    public double Goodput => Rate(Good);

    /// <summary>Tokens received a second.</summary>
    public double OutputTokensPerSecond => Rate(OutputTokens);

    /// <summary>Tokens of prompts a second.</summary>
    public double PromptTokensPerSecond => Rate(PromptTokens);

    private double Rate(long count) => Seconds > 0 ? count / Seconds : 0;
}
