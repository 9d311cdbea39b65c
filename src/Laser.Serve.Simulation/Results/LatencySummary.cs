namespace Laser.Serve.Simulation.Results;

/// <summary>What is to be known of many durations, in seconds; zeros where there are none.</summary>
public readonly record struct LatencySummary
{
    /// <summary>Mean.</summary>
    public double Mean { get; init; }

    /// <summary>Half of them are at most this.</summary>
    public double Median { get; init; }

    /// <summary>90 % of them are at most this.</summary>
    public double P90 { get; init; }

    /// <summary>99 % of them are at most this.</summary>
    public double P99 { get; init; }

    /// <summary>The longest.</summary>
    public double Max { get; init; }
}
