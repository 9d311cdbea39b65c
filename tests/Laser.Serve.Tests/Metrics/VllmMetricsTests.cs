using System.Diagnostics.Metrics;
using Laser.Serve.Metrics;

namespace Laser.Serve.Tests.Metrics;

public sealed class VllmMetricsTests : IDisposable
{
    private const string Model = "model_name=\"tales\",engine=\"0\"";

    private readonly TestMetrics _metrics = new(new MetricsOptions { Compat = MetricsCompat.Vllm });

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Text_RequestDurations_AreSuccessesByReasonAndLatency()
    {
        Histogram<double> duration = _metrics.Meter.CreateHistogram<double>("laser.request.duration", "s");
        foreach (string outcome in (string[])["stop", "length", "time_limit", "cancelled", "error"])
        {
            duration.Record(2, TestMetrics.Tag("outcome", outcome));
        }

        string text = _metrics.Text;

        Assert.Contains($"vllm:request_success_total{{{Model},finished_reason=\"stop\"}} 1\n", text);
        Assert.Contains($"vllm:request_success_total{{{Model},finished_reason=\"length\"}} 2\n", text);
        Assert.Contains($"vllm:request_success_total{{{Model},finished_reason=\"abort\"}} 1\n", text);
        Assert.Contains($"vllm:request_success_total{{{Model},finished_reason=\"error\"}} 1\n", text);
        Assert.Contains($"vllm:e2e_request_latency_seconds_bucket{{{Model},le=\"1.5\"}} 0\n", text);
        Assert.Contains($"vllm:e2e_request_latency_seconds_bucket{{{Model},le=\"2.0\"}} 5\n", text);
        Assert.Contains("laser_request_duration_seconds_count{outcome=\"stop\"} 1\n", text);
    }

    [Fact]
    public void Text_PromptTokens_AreCountedTogetherAndBySource()
    {
        Counter<long> tokens = _metrics.Meter.CreateCounter<long>("laser.prompt.tokens");
        tokens.Add(5, TestMetrics.Tag("source", "computed"));
        tokens.Add(32, TestMetrics.Tag("source", "cached"));

        string text = _metrics.Text;

        Assert.Contains($"vllm:prompt_tokens_total{{{Model}}} 37\n", text);
        Assert.Contains($"vllm:prompt_tokens_cached_total{{{Model}}} 32\n", text);
        Assert.Contains($"vllm:prompt_tokens_by_source_total{{{Model},source=\"local_compute\"}} 5\n", text);
    }

    [Fact]
    public void Text_Rejections_CountThoseForLackOfRoomOnly()
    {
        Counter<long> rejections = _metrics.Meter.CreateCounter<long>("laser.rejections");
        rejections.Add(3, TestMetrics.Tag("reason", "overloaded"));
        rejections.Add(4, TestMetrics.Tag("reason", "prompt_too_long"));

        string[] lines = [.. _metrics.Text.Split('\n').Where(l => l.StartsWith("vllm:admission_rejections_total{"))];

        Assert.Equal($"vllm:admission_rejections_total{{{Model},reason=\"max_num_queued_reqs\"}} 3", Assert.Single(lines));
    }

    [Fact]
    public void Text_NoModelYet_HasOurOwnNamesOnly()
    {
        _metrics.ModelName = null;
        _metrics.Meter.CreateObservableGauge("laser.requests.running", () => 1);

        Assert.Contains("laser_requests_running 1\n", _metrics.Text);
        Assert.DoesNotContain("vllm:", _metrics.Text);
    }

    [Fact]
    public void Text_CompatNotAskedFor_HasOurOwnNamesOnly()
    {
        using var metrics = new TestMetrics();
        metrics.Meter.CreateObservableGauge("laser.requests.running", () => 1);

        Assert.DoesNotContain("vllm:", metrics.Text);
    }
}
