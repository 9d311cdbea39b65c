using System.Collections.Concurrent;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>The probes by the id in the request.</summary>
public sealed class CallProbes
{
    private readonly ConcurrentDictionary<string, CallProbe> _probes = new();

    public CallProbe this[string id] => _probes.GetOrAdd(id, _ => new CallProbe());

    /// <summary>Lets all handlers go on, so that a server can stop.</summary>
    public void ReleaseAll()
    {
        foreach (CallProbe probe in _probes.Values)
        {
            probe.Released.TrySetResult();
        }
    }
}
