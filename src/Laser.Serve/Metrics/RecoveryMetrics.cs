using System.Diagnostics.Metrics;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Laser.Serve.Metrics;

/// <summary>Counts what came of lost devices.</summary>
internal sealed class RecoveryMetrics
{
    private readonly Counter<long> _recoveries;

    public RecoveryMetrics(IMeterFactory factory)
    {
        _recoveries = factory.Create(ServerMetrics.MeterName).CreateCounter<long>(
            "laser.recoveries", "{recovery}", "Times that a device was lost, by whether the model could be loaded again.");
        _recoveries.Add(0, Outcome(isRecovered: true));
        _recoveries.Add(0, Outcome(isRecovered: false));
    }

    public void Ended(bool isRecovered) => _recoveries.Add(1, Outcome(isRecovered));

    private static Tag Outcome(bool isRecovered) => new("outcome", isRecovered ? "recovered" : "failed");
}
