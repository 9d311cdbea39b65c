using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Laser.Client.Tests.Samples;

/// <summary>The README's code: a test compares the two, and others run it.</summary>
internal static class TelemetrySample
{
    public static (ActivityListener Spans, MeterListener Figures) Listen()
    {
        // sample: telemetry
        var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == LaserClientTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span => Console.WriteLine($"{span.DisplayName} {span.Duration}"),
        };
        ActivitySource.AddActivityListener(spans);

        var figures = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == LaserClientTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        figures.SetMeasurementEventCallback<double>(
            (instrument, value, _, _) => Console.WriteLine($"{instrument.Name} {value} {instrument.Unit}"));
        figures.Start();
        // end
        return (spans, figures);
    }
}
