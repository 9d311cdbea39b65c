using Laser.Serve.Simulation.Load;

namespace Laser.Serve.Simulation.Running;

/// <summary>Chooses the replica of each request.</summary>
internal sealed class Router(Routing routing, IReadOnlyList<Replica> replicas)
{
    private int _next;

    public Replica Choose(PlannedRequest request) => (routing, request.Prefix) switch
    {
        (Routing.LeastRequests, _) => replicas.MinBy(replica => replica.LiveCount)!,
        (Routing.PrefixAffinity, int prefix) => replicas[prefix % replicas.Count],
        _ => replicas[_next++ % replicas.Count],
    };
}
