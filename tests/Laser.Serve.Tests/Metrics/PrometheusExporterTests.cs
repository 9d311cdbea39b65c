using System.Diagnostics.Metrics;
using Laser.Serve.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Serve.Tests.Metrics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Meter _meter;
    private readonly PrometheusExporter _exporter;

    public PrometheusExporterTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _meter = factory.Create("Laser.Tests");
        _exporter = new PrometheusExporter(factory);
    }

    public void Dispose()
    {
        _exporter.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Collect_Counter_SumsPerLabelSetAndEndsInTotal()
    {
        Counter<long> counter = _meter.CreateCounter<long>("laser.tokens", description: "Tokens.");
        counter.Add(2, new KeyValuePair<string, object?>("source", "cached"));
        counter.Add(3, new KeyValuePair<string, object?>("source", "cached"));
        counter.Add(1, new KeyValuePair<string, object?>("source", "computed"));

        string text = _exporter.Collect();

        Assert.Contains("# TYPE laser_tokens_total counter\n", text);
        Assert.Contains("laser_tokens_total{source=\"cached\"} 5\n", text);
        Assert.Contains("laser_tokens_total{source=\"computed\"} 1\n", text);
    }

    [Fact]
    public void Collect_Histogram_BucketsAreCumulativeAndBoundsInclusive()
    {
        Histogram<double> histogram = _meter.CreateHistogram(
            "laser.step.duration", "s", "Steps.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        foreach (double value in (double[])[0.5, 1, 1.5, 9])
        {
            histogram.Record(value);
        }

        string text = _exporter.Collect();

        Assert.Contains("laser_step_duration_seconds_bucket{le=\"1\"} 2\n", text);
        Assert.Contains("laser_step_duration_seconds_bucket{le=\"2\"} 3\n", text);
        Assert.Contains("laser_step_duration_seconds_bucket{le=\"+Inf\"} 4\n", text);
        Assert.Contains("laser_step_duration_seconds_sum 12\n", text);
        Assert.Contains("laser_step_duration_seconds_count 4\n", text);
    }

    [Fact]
    public void Collect_ObservableGauge_IsAskedEachTime()
    {
        int value = 7;
        _meter.CreateObservableGauge("laser.blocks", () => value);

        Assert.Contains("laser_blocks 7\n", _exporter.Collect());
        value = 8;
        Assert.Contains("laser_blocks 8\n", _exporter.Collect());
    }

    [Fact]
    public void Collect_LabelValue_IsEscaped()
    {
        _meter.CreateCounter<int>("laser.odd").Add(1, new KeyValuePair<string, object?>("name", "a\"b\\c\nd"));

        Assert.Contains("laser_odd_total{name=\"a\\\"b\\\\c\\nd\"} 1\n", _exporter.Collect());
    }

    [Fact]
    public void Collect_ForeignMeter_IsLeftOut()
    {
        Meter foreign = _services.GetRequiredService<IMeterFactory>().Create("Other");
        foreign.CreateCounter<int>("laser.foreign").Add(1);

        Assert.DoesNotContain("laser_foreign", _exporter.Collect());
    }

    [Fact]
    public void Collect_MeterOfAnotherServerInTheProcess_IsLeftOut()
    {
        using ServiceProvider other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("Laser.Tests").CreateCounter<int>("laser.other").Add(1);

        Assert.DoesNotContain("laser_other", _exporter.Collect());
    }

    [Fact]
    public async Task Record_FromManyThreads_LosesNothing()
    {
        Counter<long> counter = _meter.CreateCounter<long>("laser.parallel");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                counter.Add(1);
            }
        })));

        Assert.Contains("laser_parallel_total 80000\n", _exporter.Collect());
    }
}
