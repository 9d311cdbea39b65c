using System.Collections.Concurrent;

namespace Laser.Serve.Hosting;

/// <summary>What loading a model took, phase by phase, for those who wait for servers to come up.</summary>
public sealed class StartupPhases(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TimeSpan> _durations = new(StringComparer.Ordinal);
    private long _start = time.GetTimestamp();

    /// <summary>The phases that are done.</summary>
    public IEnumerable<KeyValuePair<string, TimeSpan>> Durations => _durations;

    /// <summary>Loading starts now.</summary>
    internal void Begin() => _start = time.GetTimestamp();

    /// <summary>A phase is done, which began with the end of the one before; of several devices all together.</summary>
    internal void Completed(string phase)
    {
        TimeSpan duration = time.GetElapsedTime(_start);
        _durations.AddOrUpdate(phase, duration, (_, before) => before + duration);
        Begin();
    }
}
