using System.Diagnostics;
using System.Diagnostics.Metrics;
using Laser.Serve.Metrics;

namespace Laser.Serve.Tests.Metrics;

public sealed class OpenMetricsTests : IDisposable
{
    private readonly TestMetrics _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Text_Counter_HasTheEndingOnItsSamplesOnly()
    {
        _metrics.Meter.CreateCounter<int>("laser.pause", "s", "Says \"hello\".").Add(2);

        string text = _metrics.OpenMetrics;

        Assert.Contains(
            "# HELP laser_pause_seconds Says \\\"hello\\\".\n# TYPE laser_pause_seconds counter\n"
            + "# UNIT laser_pause_seconds seconds\nlaser_pause_seconds_total 2\n",
            text);
        Assert.EndsWith("\n# EOF\n", text);
        Assert.Contains("# HELP laser_pause_seconds_total Says \"hello\".\n", _metrics.Text);
    }

    [Fact]
    public void Text_HistogramInARecordedTrace_HasAnExemplar()
    {
        Histogram<double> histogram = _metrics.Meter.CreateHistogram(
            "laser.wait", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] });
        using (Activity activity = Started(ActivityTraceFlags.Recorded))
        {
            histogram.Record(3);

            Assert.Matches(
                $"laser_wait_seconds_bucket{{le=\"\\+Inf\"}} 1 # {{trace_id=\"{activity.TraceId}\",span_id=\"{activity.SpanId}\"}} 3 "
                    + "[0-9.]+\n",
                _metrics.OpenMetrics);
        }

        Assert.Contains("laser_wait_seconds_bucket{le=\"1.0\"} 0\n", _metrics.OpenMetrics);
        Assert.DoesNotContain("trace_id", _metrics.Text);
    }

    [Fact]
    public void Text_HistogramInATraceThatNobodyKeeps_HasNoExemplar()
    {
        using Activity activity = Started(ActivityTraceFlags.None);
        _metrics.Meter.CreateHistogram<double>("laser.wait", "s").Record(3);

        Assert.DoesNotContain("trace_id", _metrics.OpenMetrics);
    }

    [Theory]
    [InlineData(MetricsFormat.Text)]
    [InlineData(MetricsFormat.Text, "*/*")]
    [InlineData(MetricsFormat.Text, "text/html")]
    [InlineData(MetricsFormat.Text, "nonsense")]
    [InlineData(MetricsFormat.Text, "application/openmetrics-text;version=0.0.1")]
    [InlineData(MetricsFormat.Text, "application/openmetrics-text;version=1.0.0;q=0.2, text/plain;q=0.4")]
    [InlineData(MetricsFormat.Text, "application/openmetrics-text;version=1.0.0;q=0")]
    [InlineData(MetricsFormat.OpenMetrics, "application/openmetrics-text")]
    [InlineData(
        MetricsFormat.OpenMetrics,
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")]
    internal void Negotiate_AcceptHeader_GivesTheFormatThatIsLikedBest(MetricsFormat format, params string[] accept) =>
        Assert.Equal(format, MetricsFormats.Negotiate(accept));

    [Theory]
    [InlineData(true, "gzip")]
    [InlineData(true, "deflate, gzip;q=0.5")]
    [InlineData(false, "gzip;q=0")]
    [InlineData(false, "br")]
    [InlineData(false)]
    public void AcceptsGzip_Header_IsRead(bool accepts, params string[] header) =>
        Assert.Equal(accepts, MetricsEndpoint.AcceptsGzip(header));

    private static Activity Started(ActivityTraceFlags flags) => new Activity("test")
        .SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags).Start();
}
