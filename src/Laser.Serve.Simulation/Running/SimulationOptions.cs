using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;

namespace Laser.Serve.Simulation.Running;

/// <summary>A load and the servers that it comes to.</summary>
public sealed record SimulationOptions
{
    /// <summary>Each of the servers.</summary>
    public required ReplicaOptions Replica { get; init; }

    /// <summary>Servers, at least one.</summary>
    public int ReplicaCount { get; init; } = 1;

    /// <summary>How requests are spread over them.</summary>
    public Routing Routing { get; init; }

    /// <summary>What comes.</summary>
    public LoadOptions Load { get; init; } = new();

    /// <summary>What counts as served well.</summary>
    public SloOptions Slo { get; init; } = new();

    /// <summary>What is wrong with these options, a sentence each; empty if nothing is.</summary>
    public IReadOnlyList<string> FindErrors()
    {
        List<string> errors = [.. Replica.FindErrors(), .. Load.FindErrors()];
        if (ReplicaCount < 1)
        {
            errors.Add("There must be at least one replica.");
        }

        if (!(Slo.TtftSeconds > 0 && Slo.ItlSeconds > 0))
        {
            errors.Add("The limits of the service level must be above 0.");
        }

        return errors;
    }
}
