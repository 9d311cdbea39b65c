using System.Diagnostics;

namespace Laser.Serve.Metrics;

/// <summary>One of the measurements that a bucket counts, and the trace it was made in.</summary>
/// <param name="Value">What was measured.</param>
/// <param name="Trace">In which trace; the default if there is no exemplar.</param>
/// <param name="Time">When.</param>
internal readonly record struct MetricExemplar(double Value, ActivityContext Trace, DateTimeOffset Time)
{
    public bool Exists => Trace.TraceId != default;
}
