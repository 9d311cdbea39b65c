using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Laser.Serve.Metrics;

/// <summary>Which devices serve, and what came of those that were lost.</summary>
internal sealed class DeviceMetrics
{
    private readonly ConcurrentDictionary<int, (string Device, bool Serves)> _engines = new();
    private readonly Counter<long> _recoveries;

    public DeviceMetrics(IMeterFactory factory)
    {
        Meter meter = factory.Create(ServerMetrics.MeterName);
        _recoveries = meter.CreateCounter<long>(
            "laser.recoveries", "{recovery}", "Times that a device was lost, by whether the model could be loaded again.");
        _recoveries.Add(0, Outcome(isRecovered: true));
        _recoveries.Add(0, Outcome(isRecovered: false));
        meter.CreateObservableGauge("laser.engine.serving", Serving, null, "Whether the engine on a device serves: 1, else 0.");
    }

    public void RecoveryEnded(bool isRecovered) => _recoveries.Add(1, Outcome(isRecovered));

    public void Stands(int engine, string device, bool serves) => _engines[engine] = (device, serves);

    private IEnumerable<Measurement<int>> Serving() => _engines.OrderBy(one => one.Key).Select(one => new Measurement<int>(
        one.Value.Serves ? 1 : 0, new Tag("engine", one.Key), new Tag("device", one.Value.Device)));

    private static Tag Outcome(bool isRecovered) => new("outcome", isRecovered ? "recovered" : "failed");
}
