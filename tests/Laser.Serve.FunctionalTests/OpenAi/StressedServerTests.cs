using System.Net;
using System.Text;
using System.Text.Json;
using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.OpenAi;

/// <summary>Servers that are full, stop or have no model: what an HTTP client is told.</summary>
public class StressedServerTests
{
    // So much that it still runs when the test has done what it does meanwhile.
    private static readonly string Long =
        $"{{\"prompt\":[{Prompts(16)}],\"temperature\":0,\"max_tokens\":1000,\"stream\":true}}";

    [Fact]
    public async Task Post_QueueFull_Is429WithRetryAfter()
    {
        await using WebApplication app = await StartAsync(
            "--Laser:Engine:MaxRunningSequences=1", "--Laser:Engine:MaxQueuedRequests=1", "--Laser:DrainSeconds=0");
        using HttpClient http = Client(app);

        using HttpResponseMessage response = await PostAsync(http, $"{{\"prompt\":[{Prompts(8)}],\"max_tokens\":500}}");

        JsonElement error = await ErrorAsync(response, HttpStatusCode.TooManyRequests);
        Assert.Equal("queue_full", error.GetProperty("code").GetString());
        Assert.Equal("rate_limit_error", error.GetProperty("type").GetString());
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        await app.StopAsync();
    }

    [Fact]
    public async Task Stop_AtTheDrainLimit_EndsTheStreamWithAnErrorEvent()
    {
        await using WebApplication app = await StartAsync("--Laser:DrainSeconds=0");
        using HttpClient http = Client(app);
        using HttpResponseMessage response = await PostAsync(http, Long);

        await app.StopAsync();

        string body = await response.Content.ReadAsStringAsync();
        string[] events = body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        JsonElement error = JsonDocument.Parse(events[^1]["data: ".Length..]).RootElement.GetProperty("error");
        Assert.Equal("aborted", error.GetProperty("code").GetString());
        Assert.DoesNotContain("data: [DONE]", events);
    }

    [Fact]
    public async Task Post_Draining_Is503WithRetryAfter()
    {
        await using WebApplication app = await StartAsync("--Laser:DrainSeconds=300");
        using HttpClient http = Client(app);
        using HttpResponseMessage running = await PostAsync(http, Long);
        await http.GetStringAsync("/v1/models"); // a connection that is there already
        Task stop = app.StopAsync();

        using HttpResponseMessage response = await PostAsync(http, Long);

        JsonElement error = await ErrorAsync(response, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("draining", error.GetProperty("code").GetString());
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.EndsWith("data: [DONE]\n\n", await running.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await stop;
    }

    private static string Prompts(int count) => string.Join(',', Enumerable.Repeat("\"Once upon a time\"", count));

    private static async Task<WebApplication> StartAsync(params string[] args)
    {
        WebApplication app = LaserServer.Build(
            ["--grpc-port", "0", "--http-port", "0", .. args],
            builder => builder.Logging.SetMinimumLevel(LogLevel.None));
        await app.StartAsync();
        await app.Services.GetRequiredService<ModelState>().Loaded;
        return app;
    }

    private static HttpClient Client(WebApplication app) => new() { BaseAddress = LaserServer.HttpAddress(app) };

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string body) => http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        },
        HttpCompletionOption.ResponseHeadersRead);

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
    }
}
