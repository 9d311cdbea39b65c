using System.Collections.Immutable;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>
/// The engines that gauges show, as one. What an engine has counted stays when it is gone: totals never fall.
/// </summary>
internal sealed class ObservedEngines
{
    private readonly Lock _lock = new();
    private ImmutableArray<Func<EngineSnapshot>> _engines = [];
    private EngineSnapshot _gone;

    /// <summary>All of them together.</summary>
    public EngineSnapshot Sum
    {
        get
        {
            lock (_lock)
            {
                return _engines.Aggregate(_gone, static (sum, snapshot) => sum.Plus(snapshot()));
            }
        }
    }

    /// <summary>Adds an engine.</summary>
    public void Add(Func<EngineSnapshot> snapshot)
    {
        lock (_lock)
        {
            _engines = _engines.Add(snapshot);
        }
    }

    /// <summary>Takes one out, which does nothing any more.</summary>
    public void Remove(Func<EngineSnapshot> snapshot)
    {
        lock (_lock)
        {
            if (_engines.Contains(snapshot))
            {
                _engines = _engines.Remove(snapshot);
                _gone = _gone.Plus(snapshot().Totals);
            }
        }
    }
}
