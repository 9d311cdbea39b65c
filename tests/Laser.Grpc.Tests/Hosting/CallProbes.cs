using System.Collections.Concurrent;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>The probes by the id in the request.</summary>
public sealed class CallProbes
{
    private readonly ConcurrentDictionary<string, CallProbe> _probes = new();

    public CallProbe this[string id] => _probes.GetOrAdd(id, _ => new CallProbe());
}
