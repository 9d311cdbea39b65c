namespace Laser.Serve.Simulation.Load;

/// <summary>What comes to the servers: the same requests for every arrival rate.</summary>
public sealed record LoadOptions
{
    /// <summary>Requests in all, at least one.</summary>
    public int RequestCount { get; init; } = 10_000;

    /// <summary>When they come.</summary>
    public ArrivalProcess Arrivals { get; init; } = ArrivalProcess.Parse("poisson");

    /// <summary>Tokens of a prompt, those that it shares with others not counted.</summary>
    public LengthDistribution PromptLength { get; init; } = LengthDistribution.Parse("128");

    /// <summary>Tokens of an answer.</summary>
    public LengthDistribution OutputLength { get; init; } = LengthDistribution.Parse("64");

    /// <summary>
    /// What requests ask for as their token limit, which admission reserves; null if they know the length of their
    /// answers.
    /// </summary>
    public int? MaxTokens { get; init; }

    /// <summary>Part of the requests whose prompts begin with one of the shared prefixes, 0 to 1.</summary>
    public double SharedShare { get; init; }

    /// <summary>Tokens of a shared prefix.</summary>
    public int SharedLength { get; init; } = 512;

    /// <summary>Different shared prefixes, at least one; each is as likely as the others.</summary>
    public int SharedPrefixCount { get; init; } = 1;

    /// <summary>Part of the requests whose client gives up at some time, 0 to 1.</summary>
    public double CancelShare { get; init; }

    /// <summary>Seconds from a request to when its client gives up, in the mean; exponential.</summary>
    public double CancelSeconds { get; init; } = 1;

    /// <summary>Seconds after which a request ends with what there is; null for no limit.</summary>
    public double? TimeLimitSeconds { get; init; }

    /// <summary>The same seed gives the same requests.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What is wrong with these options, a sentence each; empty if nothing is.</summary>
    public IReadOnlyList<string> FindErrors()
    {
        List<string> errors = [];
        Check(RequestCount >= 1, "The number of requests must be at least 1.");
        Check(MaxTokens is null or >= 1, "The token limit must be at least 1.");
        Check(SharedShare is >= 0 and <= 1, "The share of shared prefixes must be 0 to 1.");
        Check(SharedLength >= 1, "The length of a shared prefix must be at least 1.");
        Check(SharedPrefixCount >= 1, "The number of shared prefixes must be at least 1.");
        Check(CancelShare is >= 0 and <= 1, "The share of cancelled requests must be 0 to 1.");
        Check(CancelSeconds > 0, "The time to cancellation must be above 0.");
        Check(TimeLimitSeconds is null or > 0, "The time limit must be above 0.");
        return errors;

        void Check(bool condition, string error)
        {
            if (!condition)
            {
                errors.Add(error);
            }
        }
    }
}
