using Grpc.AspNetCore.Server;
using Laser.Serve.Hosting;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.Health;

/// <summary>
/// What is healthy when. Names are those of the mapped services, and three more: empty for the server as a whole,
/// <c>readiness</c> (requests are taken) and <c>liveness</c> (worth keeping alive: also while loading and draining).
/// </summary>
internal sealed class ServiceHealth(ModelState state, EndpointDataSource endpoints)
{
    /// <summary>The server as a whole.</summary>
    public const string Whole = "";

    /// <summary>Whether requests are taken.</summary>
    public const string Readiness = "readiness";

    /// <summary>Whether a restart would not help.</summary>
    public const string Liveness = "liveness";

    private readonly Lazy<HashSet<string>> _names = new(() => FindNames(endpoints));

    /// <summary>Cancelled when the sockets are about to close.</summary>
    public CancellationToken Closed => state.Closed;

    /// <summary>Everything that has a state.</summary>
    public IReadOnlyCollection<string> Names => _names.Value;

    /// <summary>Whether a name is known.</summary>
    public bool Knows(string name) => _names.Value.Contains(name);

    /// <summary>The state of a known name now.</summary>
    public ServingStatus StatusOf(string name) => StatusOf(name, state.Current);

    /// <summary>The state of a known name now, and a task that ends when it may have changed.</summary>
    public (ServingStatus Status, Task Changed) Observe(string name)
    {
        (ServingState current, Task changed) = state.Observe();
        return (StatusOf(name, current), changed);
    }

    // Services that need no model answer in every state, but a balancer that asks for one of them wants to know whether
    // the server can be used.
    private static ServingStatus StatusOf(string name, ServingState current)
    {
        bool healthy = name == Liveness ? ModelState.IsAliveIn(current) : current == ServingState.Serving;
        return healthy ? ServingStatus.Serving : ServingStatus.NotServing;
    }

    private static HashSet<string> FindNames(EndpointDataSource endpoints) =>
    [
        Whole,
        Readiness,
        Liveness,
        .. endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>(),
    ];
}
