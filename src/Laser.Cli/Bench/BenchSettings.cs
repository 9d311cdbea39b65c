using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Bench;

/// <summary>What a bench sends, and what counts as good.</summary>
internal sealed record BenchSettings
{
    /// <summary>The levels, one after the other; at least one.</summary>
    public required IReadOnlyList<BenchLevel> Levels { get; init; }

    /// <summary>The requests of each level: the same that a simulation with these options sees.</summary>
    public required LoadOptions Load { get; init; }

    /// <summary>Nothing is sent after so long, in each level; null for no limit.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Requests before the first level that nobody measures.</summary>
    public int WarmUpCount { get; init; }

    /// <summary>Sequences that a request asks for, at least one.</summary>
    public int SequenceCount { get; init; } = 1;

    /// <summary>Temperature that a request asks for; null for the server's.</summary>
    public float? Temperature { get; init; }

    /// <summary>Whether messages carry text besides token ids.</summary>
    public bool Text { get; init; } = true;

    /// <summary>Times that a call which no server took is tried again; 0: every failure counts.</summary>
    public int Retries { get; init; }

    /// <summary>What counts as served well.</summary>
    public SloOptions Slo { get; init; } = new();
}
