namespace Laser.Serve.Simulation.Running;

/// <summary>How requests are spread over replicas.</summary>
public enum Routing
{
    /// <summary>In turn.</summary>
    RoundRobin,

    /// <summary>To the one with the fewest requests; the first of equal ones.</summary>
    LeastRequests,

    /// <summary>Those with the same shared prefix to the same one, the others in turn.</summary>
    PrefixAffinity,
}
