using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Laser.Serve.FunctionalTests.Security;

namespace Laser.Serve.FunctionalTests.Metrics;

/// <summary>A Prometheus that scrapes one server, with its files in a folder of its own.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Process _process;
    private readonly Task<string> _log;
    private readonly HttpClient _http;

    private PrometheusProcess(Uri target, IEnumerable<string> ruleFiles)
    {
        int port = FreePort();
        string config = Path.Combine(_folder.Path, "prometheus.yml");
        File.WriteAllText(config, $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [{{string.Join(", ", ruleFiles.Select(file => $"'{file}'"))}}]
            scrape_configs:
              - { job_name: laser-serve, static_configs: [ { targets: [ '{{target.Authority}}' ] } ] }
            """);
        _process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_folder.Path, "data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage", "--log.level=warn",
        ])
        {
            RedirectStandardError = true,
        })!;
        _log = _process.StandardError.ReadToEndAsync();
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };
    }

    /// <summary>One that has scraped the target, and evaluated its rules.</summary>
    public static async Task<PrometheusProcess> StartAsync(Uri target, IEnumerable<string> ruleFiles)
    {
        var prometheus = new PrometheusProcess(target, ruleFiles);
        try
        {
            await prometheus.UntilAsync(async () => (await prometheus.QueryAsync("up == 1")).Count > 0);
            return prometheus;
        }
        catch
        {
            await prometheus.DisposeAsync();
            throw;
        }
    }

    /// <summary>What an expression gives now.</summary>
    public async Task<JsonArray> QueryAsync(string expression)
    {
        JsonNode data = await GetAsync("query?query=" + Uri.EscapeDataString(expression));
        return data["resultType"]!.GetValue<string>() == "vector" ? data["result"]!.AsArray() : [data["result"]!.DeepClone()];
    }

    /// <summary>The data of an answer.</summary>
    public async Task<JsonNode> GetAsync(string path)
    {
        using HttpResponseMessage response = await _http.GetAsync(path);
        JsonNode answer = (await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync()))!;
        Assert.True(answer["status"]!.GetValue<string>() == "success", $"{Uri.UnescapeDataString(path)}: {answer["error"]}");
        return answer["data"]!;
    }

    /// <summary>Asks again until it is so; a minute is more than any scrape takes.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await IsSoAsync(isSo))
        {
            if (_process.HasExited || limit.IsCancellationRequested)
            {
                Assert.Fail($"Prometheus did not get there. {(_process.HasExited ? await _log : "")}");
            }

            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    // Until it listens there is nobody to ask.
    private static async Task<bool> IsSoAsync(Func<Task<bool>> isSo)
    {
        try
        {
            return await isSo();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
