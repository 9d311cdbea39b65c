using System.Diagnostics.Metrics;
using Laser.Serve.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Serve.Tests.Metrics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly TestMetrics _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Collect_Counter_SumsPerLabelSetAndEndsInTotal()
    {
        Counter<long> counter = _metrics.Meter.CreateCounter<long>("laser.tokens", description: "Tokens.");
        counter.Add(2, new KeyValuePair<string, object?>("source", "cached"));
        counter.Add(3, new KeyValuePair<string, object?>("source", "cached"));
        counter.Add(1, new KeyValuePair<string, object?>("source", "computed"));

        string text = _metrics.Text;

        Assert.Contains("# TYPE laser_tokens_total counter\n", text);
        Assert.Contains("laser_tokens_total{source=\"cached\"} 5\n", text);
        Assert.Contains("laser_tokens_total{source=\"computed\"} 1\n", text);
    }

    [Fact]
    public void Collect_Histogram_BucketsAreCumulativeAndBoundsInclusive()
    {
        Histogram<double> histogram = _metrics.Meter.CreateHistogram(
            "laser.step.duration", "s", "Steps.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        foreach (double value in (double[])[0.5, 1, 1.5, 9])
        {
            histogram.Record(value);
        }

        string text = _metrics.Text;

        Assert.Contains("laser_step_duration_seconds_bucket{le=\"1.0\"} 2\n", text);
        Assert.Contains("laser_step_duration_seconds_bucket{le=\"2.0\"} 3\n", text);
        Assert.Contains("laser_step_duration_seconds_bucket{le=\"+Inf\"} 4\n", text);
        Assert.Contains("laser_step_duration_seconds_sum 12\n", text);
        Assert.Contains("laser_step_duration_seconds_count 4\n", text);
    }

    [Fact]
    public void Collect_ObservableGauge_IsAskedEachTime()
    {
        int value = 7;
        _metrics.Meter.CreateObservableGauge("laser.blocks", () => value);

        Assert.Contains("laser_blocks 7\n", _metrics.Text);
        value = 8;
        Assert.Contains("laser_blocks 8\n", _metrics.Text);
    }

    [Fact]
    public void Collect_LabelValue_IsEscaped()
    {
        _metrics.Meter.CreateCounter<int>("laser.odd").Add(1, new KeyValuePair<string, object?>("name", "a\"b\\c\nd"));

        Assert.Contains("laser_odd_total{name=\"a\\\"b\\\\c\\nd\"} 1\n", _metrics.Text);
    }

    [Fact]
    public void Collect_ForeignMeter_IsLeftOut()
    {
        Meter foreign = _metrics.Factory.Create("Other");
        foreign.CreateCounter<int>("laser.foreign").Add(1);

        Assert.DoesNotContain("laser_foreign", _metrics.Text);
    }

    [Fact]
    public void Collect_MeterOfAnotherServerInTheProcess_IsLeftOut()
    {
        using ServiceProvider other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("Laser.Tests").CreateCounter<int>("laser.other").Add(1);

        Assert.DoesNotContain("laser_other", _metrics.Text);
    }

    [Fact]
    public void Collect_MeterOfTheRuntime_IsThere()
    {
        string text = _metrics.Text;

        Assert.Contains("# TYPE dotnet_process_cpu_time_seconds_total counter\n", text);
        Assert.Matches("(?m)^dotnet_thread_pool_threads [0-9]+$", text);
        Assert.Contains("# TYPE dotnet_thread_pool_threads gauge\n", text);
    }

    [Fact]
    public void Collect_ObservedTagsThatAreGone_AreLeftOut()
    {
        string state = "loading";
        _metrics.Meter.CreateObservableGauge(
            "laser.state", () => new Measurement<int>(1, TestMetrics.Tag("state", state)));

        Assert.Contains("laser_state{state=\"loading\"} 1\n", _metrics.Text);
        state = "serving";
        Assert.DoesNotContain("loading", _metrics.Text);
    }

    [Fact]
    public void Collect_UpDownCounterAndGauge_AddAndReplace()
    {
        UpDownCounter<int> calls = _metrics.Meter.CreateUpDownCounter<int>("laser.calls");
        calls.Add(3);
        calls.Add(-1);
        Gauge<double> level = _metrics.Meter.CreateGauge<double>("laser.level", "1");
        level.Record(3);
        level.Record(0.25);

        Assert.Contains("laser_calls 2\n", _metrics.Text);
        Assert.Contains("laser_level_ratio 0.25\n", _metrics.Text);
    }

    [Fact]
    public void Collect_ValuesThatAreNotFinite_AreWrittenAsPrometheusDoes()
    {
        Gauge<double> gauge = _metrics.Meter.CreateGauge<double>("laser.odd");
        gauge.Record(double.PositiveInfinity, TestMetrics.Tag("v", "a"));
        gauge.Record(double.NegativeInfinity, TestMetrics.Tag("v", "b"));
        gauge.Record(double.NaN, TestMetrics.Tag("v", "c"));

        Assert.Contains("{v=\"a\"} +Inf\n", _metrics.Text);
        Assert.Contains("{v=\"b\"} -Inf\n", _metrics.Text);
        Assert.Contains("{v=\"c\"} NaN\n", _metrics.Text);
    }

    [Fact]
    public void Collect_MoreLabelSetsThanAllowed_CountsTheRestTogether()
    {
        Counter<int> counter = _metrics.Meter.CreateCounter<int>("laser.many");
        for (int i = 0; i < SeriesTable.MaxSeries + 7; i++)
        {
            counter.Add(1, TestMetrics.Tag("id", i));
        }

        string[] lines = [.. _metrics.Text.Split('\n').Where(line => line.StartsWith("laser_many_total{"))];

        Assert.Equal(SeriesTable.MaxSeries + 1, lines.Length);
        Assert.Contains("laser_many_total{otel_metric_overflow=\"true\"} 7", lines);
    }

    [Fact]
    public void Record_TagsThatAreKnown_AllocatesNothing()
    {
        Histogram<double> histogram = _metrics.Meter.CreateHistogram<double>("laser.hot", "s");
        KeyValuePair<string, object?> tag = TestMetrics.Tag("kind", "decode");
        histogram.Record(0.1, tag);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            histogram.Record(0.1, tag);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Buckets_OfASetting_TakeThePlaceOfTheInstruments()
    {
        var options = new MetricsOptions { Buckets = { ["laser_wait_seconds"] = "0.25, 4" } };
        using var metrics = new TestMetrics(options);
        metrics.Meter.CreateHistogram<double>("laser.wait", "s").Record(1);
        metrics.Exporter.ThrowIfBucketsAreForNothing();

        Assert.Contains(
            "laser_wait_seconds_bucket{le=\"0.25\"} 0\nlaser_wait_seconds_bucket{le=\"4.0\"} 1\nlaser_wait_seconds_bucket{le=\"+Inf\"} 1\n",
            metrics.Text);
    }

    [Fact]
    public void Buckets_ForNoHistogram_AreRefusedByName()
    {
        using var metrics = new TestMetrics(new MetricsOptions { Buckets = { ["laser_weight"] = "1" } });
        metrics.Meter.CreateCounter<int>("laser.weight");

        ArgumentException e = Assert.Throws<ArgumentException>(metrics.Exporter.ThrowIfBucketsAreForNothing);

        Assert.Contains("Laser:Metrics:Buckets:laser_weight", e.Message);
    }

    [Theory]
    [InlineData("1, 1")]
    [InlineData("2, 1")]
    [InlineData("")]
    [InlineData("1, Infinity")]
    [InlineData("a")]
    public void Buckets_NotAscendingNumbers_AreAnError(string bounds)
    {
        List<string> errors = [];

        new MetricsOptions { Buckets = { ["laser_wait_seconds"] = bounds } }.FindErrors("Laser:Metrics", errors);

        Assert.StartsWith("Laser:Metrics:Buckets:laser_wait_seconds is", Assert.Single(errors));
    }

    [Fact]
    public async Task Record_FromManyThreads_LosesNothing()
    {
        Counter<long> counter = _metrics.Meter.CreateCounter<long>("laser.parallel");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                counter.Add(1);
            }
        })));

        Assert.Contains("laser_parallel_total 80000\n", _metrics.Text);
    }

    [Fact]
    public async Task Collect_WhileOthersRecord_GivesHistogramsThatAgreeWithThemselves()
    {
        Histogram<double> histogram = _metrics.Meter.CreateHistogram(
            "laser.busy", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 3] });
        histogram.Record(1, TestMetrics.Tag("kind", 0));
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                // One each: the sum of all buckets is the sum of the values.
                histogram.Record(1, TestMetrics.Tag("kind", i % 5));
            }
        }))];
        Task<string>[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            string.Concat(Enumerable.Range(0, 50).Select(_ => _metrics.OpenMetrics))))];
        string[] texts = await Task.WhenAll(readers);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        string[] lines = [.. texts.SelectMany(text => text.Split('\n')).Where(line => line.StartsWith("laser_busy_"))];
        Assert.NotEmpty(lines);
        foreach (string[] series in lines.Chunk(6))
        {
            string[] values = [.. series.Select(line => line.Split(' ')[1])];
            Assert.Single(values.Distinct());
            Assert.Contains("le=\"+Inf\"", series[3]);
            Assert.StartsWith("laser_busy_sum", series[4]);
            Assert.StartsWith("laser_busy_count", series[5]);
        }
    }
}
