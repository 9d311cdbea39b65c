using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Metrics;

public class MetricsTests
{
    [Fact]
    public async Task FirstScrape_AfterARequest_HasCountedIt()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.Client.GenerateOnceAsync(RunningServer.Request("The king", 5));
        await server.WhenIdleAsync();

        string text = await server.Http.GetStringAsync("/metrics");

        Assert.Matches(@"(?m)^laser_generated_tokens_total 5$", text);
        Assert.Matches(@"(?m)^laser_time_to_first_token_seconds_count 1$", text);
        Assert.Matches(@"(?m)^laser_batch_sequences_count 5$", text);
        Assert.Matches(@"(?m)^laser_requests_running 0$", text);
        Assert.Matches(@"(?m)^laser_kv_usage_ratio 0$", text);
        Assert.Matches(@"(?m)^laser_server_state\{state=""serving""\} 1$", text);
        Assert.Matches(@"(?m)^laser_startup_seconds\{phase=""weights""\} [0-9.E-]+$", text);
        Assert.Matches(@"(?m)^laser_model_info\{attention=""laser"",.*model=""laser-tales-3m"".*\} 1$", text);
    }

    [Fact]
    public async Task Calls_OfEachKind_AreCountedByMethodStatusAndReason()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.CollectAsync(RunningServer.Request("The king", 3));
        await server.Client.GenerateOnceAsync(RunningServer.Request("The king", 3));
        await server.Client.GetModelAsync();
        GenerateRequest wrong = RunningServer.Request("The king", 3);
        wrong.Sampling.TopP = 7;
        await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(wrong));
        using HttpResponseMessage refused = await server.Http.PostAsync("/v1/completions", new StringContent("{}"));
        using HttpResponseMessage unknown = await server.Http.GetAsync("/v1/" + Guid.NewGuid());

        // The end of a call is recorded behind its last byte.
        string text = "";
        while (!text.Contains("code=\"INVALID_ARGUMENT\"", StringComparison.Ordinal)
            || !text.Contains("method=\"/v1/completions\"", StringComparison.Ordinal))
        {
            text = await server.Http.GetStringAsync("/metrics");
        }

        string[] lines = [.. text.Split('\n').Where(l => l.StartsWith("laser_requests_total{", StringComparison.Ordinal))];
        Assert.Contains(Line("OK", "length", "laser.serve.v1.Generation/Generate"), lines);
        Assert.Contains(Line("OK", "length", "laser.serve.v1.Generation/GenerateOnce"), lines);
        Assert.Contains(Line("INVALID_ARGUMENT", "none", "laser.serve.v1.Generation/GenerateOnce"), lines);
        Assert.Contains(Line("OK", "none", "laser.serve.v1.Models/GetModel"), lines);
        Assert.Contains(Line(((int)refused.StatusCode).ToString(), "none", "/v1/completions"), lines);
        Assert.Equal(5, lines.Length);
        Assert.Contains(
            "rpc_server_call_duration_seconds_count{rpc_method=\"laser.serve.v1.Models/GetModel\","
            + "rpc_response_status_code=\"OK\",rpc_system_name=\"grpc\"} 1\n",
            text);
        Assert.Matches("(?m)^rpc_server_active_calls 0$", text);
    }

    [Fact]
    public async Task Scrape_OpenMetricsAndGzip_AreGivenWhenAskedFor()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var plain = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
        using var inflating = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip });
        request.RequestUri = new Uri(server.Http.BaseAddress!, "/metrics");

        using HttpResponseMessage compressed = await plain.SendAsync(request);
        using var again = new HttpRequestMessage(HttpMethod.Get, request.RequestUri);
        again.Headers.Accept.ParseAdd("application/openmetrics-text; version=1.0.0");
        using HttpResponseMessage inflated = await inflating.SendAsync(again);

        Assert.Equal(["gzip"], compressed.Content.Headers.ContentEncoding);
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", compressed.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("# EOF\n", await inflated.Content.ReadAsStringAsync());
        using HttpResponseMessage text = await server.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", text.Content.Headers.ContentType!.ToString());
        Assert.Empty(text.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Scrape_AfterRequestsOfAllSorts_HasNoLabelFromThem()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string[] marks = [.. Enumerable.Range(0, 20).Select(i => $"mark-{i}-{Guid.NewGuid():n}")];
        foreach (string mark in marks)
        {
            GenerateRequest request = RunningServer.Request(mark, 2);
            request.RequestId = mark;
            request.Cache = new CacheParams { Salt = mark };
            await server.Client.GenerateOnceAsync(request);
            request.Model = mark;
            await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));
            using HttpResponseMessage response = await server.Http.GetAsync("/" + mark);
            using var odd = new HttpRequestMessage(new HttpMethod("MARK"), "/metrics");
            odd.Headers.Host = mark + ".example";
            using HttpResponseMessage answer = await server.Http.SendAsync(odd);
        }

        await Scrape.TakeAsync(server.Http);
        Scrape scrape = await Scrape.TakeAsync(server.Http);

        Assert.DoesNotContain("mark", scrape.Text, StringComparison.OrdinalIgnoreCase);
        Assert.All(
            scrape.Types.Keys,
            name => Assert.InRange(scrape.Samples.Count(s => s.StartsWith(name, StringComparison.Ordinal)), 0, 300));
    }

    [Fact]
    public async Task Start_BucketsForNoHistogram_AreRefused()
    {
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => RunningServer.StartAsync("--Laser:Metrics:Buckets:laser_kv_usage_ratio", "0.5, 0.9"));

        Assert.Contains("laser_time_to_first_token_seconds", e.Message);
    }

    private static string Line(string code, string reason, string method) =>
        $"laser_requests_total{{code=\"{code}\",finish_reason=\"{reason}\",method=\"{method}\"}} 1";
}
