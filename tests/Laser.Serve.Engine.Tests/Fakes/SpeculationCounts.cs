using System.Diagnostics.Metrics;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Counts guesses by what a meter says of them.</summary>
internal sealed class SpeculationCounts : IDisposable
{
    private readonly MeterListener _listener = new();

    public SpeculationCounts(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && instrument.Name.StartsWith("laser.speculative.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            bool drafted = instrument.Name == "laser.speculative.draft_tokens";
            (Drafted, Accepted) = drafted ? (Drafted + value, Accepted) : (Drafted, Accepted + value);
        });
        _listener.Start();
    }

    public long Drafted { get; private set; }

    public long Accepted { get; private set; }

    public void Dispose() => _listener.Dispose();
}
