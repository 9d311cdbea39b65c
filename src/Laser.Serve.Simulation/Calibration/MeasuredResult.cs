using Laser.Serve.Simulation.Results;

namespace Laser.Serve.Simulation.Calibration;

/// <summary>How a load was served by a real model, as its clients saw it.</summary>
public sealed record MeasuredResult
{
    /// <summary>From the start to the end of the last request, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Requests answered to the end.</summary>
    public required long Finished { get; init; }

    /// <summary>Requests refused, cancelled or ended by a limit.</summary>
    public required long Others { get; init; }

    /// <summary>Tokens generated.</summary>
    public required long GeneratedTokens { get; init; }

    /// <summary>From arrival to the first token.</summary>
    public required LatencySummary Ttft { get; init; }

    /// <summary>From one token of a request to the next.</summary>
    public required LatencySummary Itl { get; init; }

    /// <summary>Tokens generated a second.</summary>
    public double TokensPerSecond => GeneratedTokens / Seconds;
}
