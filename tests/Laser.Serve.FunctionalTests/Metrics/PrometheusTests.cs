using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Laser.Serve.FunctionalTests.Interop;

namespace Laser.Serve.FunctionalTests.Metrics;

/// <summary>Prometheus itself scrapes a server.</summary>
public partial class PrometheusTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    private static readonly string[] Expressions =
    [
        "laser_requests_running",
        "laser_kv_usage_ratio < 1",
        "laser_server_state{state=\"serving\"} == 1",
        "time() - laser_last_step_timestamp_seconds",
        "rate(laser_generated_tokens_total[1m])",
        "sum by (finish_reason) (laser_requests_total{code=\"200\"})",
        "sum by (phase) (laser_cancelled_requests_total)",
        "histogram_quantile(0.95, sum by (le) (laser_time_to_first_token_seconds_bucket))",
        "histogram_quantile(0.5, sum by (kind, le) (laser_step_duration_seconds_bucket))",
        "laser_model_info * on () group_left () laser_kv_blocks_capacity",
        "rate(dotnet_process_cpu_time_seconds_total[1m])",
        "sum(kestrel_active_connections)",
        "vllm:num_requests_waiting{model_name=\"laser-tales-3m\"} + vllm:num_requests_running",
        "vllm:kv_cache_usage_perc",
        "vllm:time_to_first_token_seconds_bucket{le=\"+Inf\"} > 0",
        "count by (block_size, num_gpu_blocks) (vllm:cache_config_info)",
    ];

    [PrometheusFact]
    public async Task Scrape_OfARunningServer_AnswersExpressionsAndKeepsExemplars()
    {
        await using RunningServer server = await RunningServer.StartAsync("--metrics-compat", "vllm");
        await GenerateInTraceAsync(server);
        await using PrometheusProcess prometheus = await PrometheusProcess.StartAsync(server.Http.BaseAddress!, []);

        foreach (string expression in Expressions)
        {
            await prometheus.UntilAsync(async () => (await prometheus.QueryAsync(expression)).Count > 0);
        }

        string end = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeSeconds().ToString();
        JsonNode exemplars = await prometheus.GetAsync(
            $"query_exemplars?query=laser_time_to_first_token_seconds_bucket&start=0&end={end}");
        Assert.Contains(TraceId, exemplars.ToJsonString());
    }

    [PrometheusFact]
    public async Task Rules_OfTheRepository_EvaluateOnWhatAServerGives()
    {
        string[] files = Directory.Exists(Repository.PrometheusRules)
            ? [.. Directory.GetFiles(Repository.PrometheusRules, "*.yaml").Where(IsRuleFile)]
            : [];
        await using RunningServer server = await RunningServer.StartAsync();
        await GenerateInTraceAsync(server);
        await using PrometheusProcess prometheus = await PrometheusProcess.StartAsync(server.Http.BaseAddress!, files);
        JsonNode[] rules = [];
        await prometheus.UntilAsync(async () =>
        {
            JsonNode data = await prometheus.GetAsync("rules");
            rules = [.. data["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!)];
            return rules.All(rule => rule["health"]!.GetValue<string>() != "unknown");
        });
        string[] recorded = [.. rules.Where(r => r["type"]!.GetValue<string>() == "recording").Select(r => r["name"]!.GetValue<string>())];
        HashSet<string> known = [.. (await Scrape.TakeAsync(server.Http)).Types.Keys, .. recorded];

        Assert.Equal(files.Length > 0, rules.Length > 0);
        Assert.All(rules, rule => Assert.True(rule["health"]!.GetValue<string>() == "ok", $"{rule["name"]}: {rule["lastError"]}"));
        IEnumerable<string> names = rules.SelectMany(rule => Metric().Matches(rule["query"]!.GetValue<string>())).Select(m => m.Value);
        Assert.All(names.Distinct(), name => Assert.True(known.Contains(name) || known.Contains(Part().Replace(name, "")), name));
    }

    private static bool IsRuleFile(string path) =>
        File.ReadLines(path).Any(line => line.StartsWith("groups:", StringComparison.Ordinal));

    private static async Task GenerateInTraceAsync(RunningServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions");
        request.Headers.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
        request.Content = new StringContent(
            """{"prompt": "Once upon a time", "max_tokens": 8}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    [GeneratedRegex(@"\b(laser[_:]|rpc_server_|http_server_|kestrel_|dotnet_|vllm:)[a-zA-Z0-9_:]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}
