namespace Laser.Serve.Simulation.Load;

/// <summary>A request of a load.</summary>
internal sealed record PlannedRequest
{
    /// <summary>When it comes, in nanoseconds from the start.</summary>
    public required long Arrival { get; init; }

    /// <summary>The prompt.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>Tokens after which its answer is complete.</summary>
    public required int OutputLength { get; init; }

    /// <summary>Which of the shared prefixes its prompt begins with; null for none.</summary>
    public int? Prefix { get; init; }

    /// <summary>When its client gives up, in nanoseconds from the start; null for never.</summary>
    public long? Cancellation { get; init; }
}
