using System.Text.RegularExpressions;
using Laser.Serve.FunctionalTests.Interop;

namespace Laser.Serve.FunctionalTests.Metrics;

/// <summary>The tables of metrics and what a server gives are the same.</summary>
public partial class MetricsTableTests : IAsyncLifetime
{
    private static readonly string[] VllmLabels = ["model_name", "engine"];

    private RunningServer _server = null!;
    private Scrape _scrape = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync("--metrics-compat", "vllm");
        await _server.Client.GenerateOnceAsync(RunningServer.Request("The king", 40));
        await _server.CollectAsync(RunningServer.Request("The queen", 3));
        await _server.WhenIdleAsync();
        await Scrape.TakeAsync(_server.Http); // so that scrapes are among the requests of the host
        _scrape = await Scrape.TakeAsync(_server.Http);
    }

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void Table_NamesTypesAndLabels_AreThoseOfTheScrape()
    {
        Dictionary<string, string[]> rows = Rows();

        Assert.Equal(_scrape.Types.Keys.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, string type) in _scrape.Types)
        {
            Assert.Equal($"{name} {type}", $"{name} {rows[name][2].Trim()}");
            IEnumerable<string> labels = Quoted().Matches(rows[name][3]).Select(match => match.Groups[1].Value);
            IEnumerable<string> others = name.StartsWith("vllm:", StringComparison.Ordinal) ? VllmLabels : [];
            Assert.Empty(_scrape.Labels[name].Except(labels.Concat(others)).Select(label => $"{name}: {label}"));
        }
    }

    [Fact]
    public void Scrape_VllmSeries_NameModelAndEngine()
    {
        string[] series = [.. _scrape.Samples.Where(line => line.StartsWith("vllm:", StringComparison.Ordinal))];

        Assert.NotEmpty(series);
        Assert.All(series, line => Assert.Contains("{model_name=\"laser-tales-3m\",engine=\"0\"", line));
    }

    // What the endpoint picker of the Gateway API inference extension looks for.
    [Theory]
    [InlineData("vllm:num_requests_waiting{", "0")]
    [InlineData("vllm:num_requests_running{", "0")]
    [InlineData("vllm:kv_cache_usage_perc{", "0")]
    [InlineData("vllm:cache_config_info{", "1")]
    [InlineData("vllm:generation_tokens_total{", "43")]
    [InlineData("vllm:time_to_first_token_seconds_count{", "2")]
    public void Scrape_VllmName_HasAValue(string start, string value) =>
        Assert.EndsWith("} " + value, Assert.Single(_scrape.Samples, line => line.StartsWith(start, StringComparison.Ordinal)));

    [Fact]
    public void Scrape_CacheOfVllm_NamesSizeAndCountOfBlocks() => Assert.Contains(
        $"block_size=\"{_server.Model.CacheLayout.BlockSize}\"",
        Assert.Single(
            _scrape.Samples,
            line => line.Contains($"num_gpu_blocks=\"{_server.Model.CacheLayout.BlockCount}\"", StringComparison.Ordinal)));

    private static Dictionary<string, string[]> Rows() => File.ReadLines(Repository.MetricsTable)
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Split('|'))
        .ToDictionary(cells => cells[1].Trim(' ', '`'));

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Quoted();
}
