using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary>
/// Times an engine from its own metrics: from one step in which all sequences generate to the next, everything between
/// them included.
/// </summary>
internal sealed class StepTimes : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<double> _seconds = [];
    private int _batch;
    private long _last;

    public StepTimes(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && instrument.Name == "laser.batch.tokens")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, tokens, _, _) => StepCompleted(tokens));
        _listener.Start();
    }

    /// <summary>Begins to note the times of steps with so many tokens.</summary>
    public void Begin(int batch)
    {
        lock (_lock)
        {
            _seconds.Clear();
            _last = 0;
            _batch = batch;
        }
    }

    /// <summary>The times since then, in seconds.</summary>
    public double[] End()
    {
        lock (_lock)
        {
            _batch = 0;
            return [.. _seconds];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void StepCompleted(int tokens)
    {
        long now = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            bool full = tokens == _batch;
            if (full && _last != 0)
            {
                _seconds.Add(Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
            }

            _last = full ? now : 0;
        }
    }
}
