namespace Laser.Serve.Metrics;

/// <summary>How an instrument appears in Prometheus text.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}
