namespace Laser.Serve.Simulation.Results;

/// <summary>When a request counts as served well (service level objective).</summary>
public sealed record SloOptions
{
    /// <summary>Longest time to the first token, in seconds; above zero.</summary>
    public double TtftSeconds { get; init; } = 1;

    /// <summary>Longest mean time from one token of a request to the next, in seconds; above zero.</summary>
    public double ItlSeconds { get; init; } = 0.05;
}
