namespace Laser.Cli.Bench;

/// <summary>The options of a bench as they were written. Times are seconds.</summary>
internal sealed record ReportSettings
{
    /// <summary>Most requests of a level; null where only time limits it.</summary>
    public required int? Requests { get; init; }

    /// <summary>Time after which a level sends nothing; null for no limit.</summary>
    public required double? Duration { get; init; }

    /// <summary>Requests before the first level.</summary>
    public required int WarmUp { get; init; }

    /// <summary>When requests come, where levels are rates.</summary>
    public required string Arrivals { get; init; }

    /// <summary>Tokens of a prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>Tokens of an answer.</summary>
    public required string Output { get; init; }

    /// <summary>Sequences of a request.</summary>
    public required int Sequences { get; init; }

    /// <summary>Part of the prompts that begin with a shared prefix.</summary>
    public required double SharedShare { get; init; }

    /// <summary>Tokens of a shared prefix.</summary>
    public required int SharedTokens { get; init; }

    /// <summary>Different shared prefixes.</summary>
    public required int SharedPrefixes { get; init; }

    /// <summary>Part of the requests whose client gives up.</summary>
    public required double CancelShare { get; init; }

    /// <summary>When it does, in the mean.</summary>
    public required double CancelSeconds { get; init; }

    /// <summary>Time limit that requests ask for; null for none.</summary>
    public required double? TimeLimit { get; init; }

    /// <summary>Temperature that requests ask for; null for the server's.</summary>
    public required float? Temperature { get; init; }

    /// <summary>Whether messages carried text.</summary>
    public required bool Text { get; init; }

    /// <summary>Times that a call which no server took may be tried again.</summary>
    public required int Retries { get; init; }

    /// <summary>Seed of the load.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Longest good time to the first token.</summary>
    public required double SloTtft { get; init; }

    /// <summary>Longest good time from token to token, in the mean of a sequence.</summary>
    public required double SloItl { get; init; }

    public static ReportSettings Of(BenchSettings settings) => new()
    {
        Requests = settings.Load.RequestCount == int.MaxValue ? null : settings.Load.RequestCount,
        Duration = settings.Duration?.TotalSeconds,
        WarmUp = settings.WarmUpCount,
        Arrivals = settings.Load.Arrivals.ToString(),
        Prompt = settings.Load.PromptLength.ToString(),
        Output = settings.Load.OutputLength.ToString(),
        Sequences = settings.SequenceCount,
        SharedShare = settings.Load.SharedShare,
        SharedTokens = settings.Load.SharedLength,
        SharedPrefixes = settings.Load.SharedPrefixCount,
        CancelShare = settings.Load.CancelShare,
        CancelSeconds = settings.Load.CancelSeconds,
        TimeLimit = settings.Load.TimeLimitSeconds,
        Temperature = settings.Temperature,
        Text = settings.Text,
        Retries = settings.Retries,
        Seed = settings.Load.Seed,
        SloTtft = settings.Slo.TtftSeconds,
        SloItl = settings.Slo.ItlSeconds,
    };
}
