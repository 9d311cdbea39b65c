using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Cuda.Tests.Serving;

/// <summary>The server with the bundled model on the emulated device, as a client sees it.</summary>
[Collection(EmulationGroup.Name)]
public sealed class CudaServerTests
{
    private const int IllegalAddress = 700;
    private const string Exact = "--Laser:Model:Bf16Dot=off";
    private const string SingleCache = "--Laser:Engine:CacheType=Float32";

    [CudaFact]
    public async Task Completions_OnCuda_GivesTheTokensOfTheProcessor()
    {
        await using WebApplication cpu = await StartAsync("--device", "cpu", Exact, SingleCache);
        await using WebApplication cuda = await StartAsync("--device", "cuda", Exact, SingleCache);

        Assert.Equal(await AskAsync(cpu), await AskAsync(cuda));
    }

    [CudaFact]
    public async Task Completions_DeviceLost_IsServedAgainWithTheSameTokens()
    {
        await using WebApplication server = await StartAsync("--device", "cuda");
        string before = await AskAsync(server);
        try
        {
            EmulatedCuda.FailAfter(20, IllegalAddress);
            using HttpResponseMessage lost = await PostAsync(server);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, lost.StatusCode);
        }
        finally
        {
            EmulatedCuda.Recover();
        }

        ModelState state = server.Services.GetRequiredService<ModelState>();
        while (!state.IsReady)
        {
            (_, Task changed) = state.Observe();
            await (state.IsReady ? Task.CompletedTask : changed);
        }

        Assert.Equal(before, await AskAsync(server));
    }

    private static async Task<WebApplication> StartAsync(params string[] args)
    {
        TestDevice.UseLibrary();
        WebApplication server = LaserServer.Build(
            ["--grpc-port", "0", "--http-port", "0", "--Laser:Engine:TargetStepMilliseconds=0", .. args],
            builder => builder.Logging.SetMinimumLevel(LogLevel.None));
        await server.StartAsync();
        await server.Services.GetRequiredService<ModelState>().Loaded;
        return server;
    }

    private static async Task<string> AskAsync(WebApplication server)
    {
        using HttpResponseMessage response = await PostAsync(server);
        response.EnsureSuccessStatusCode();
        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return (string)answer["choices"]![0]!["text"]!;
    }

    private static async Task<HttpResponseMessage> PostAsync(WebApplication server)
    {
        using var http = new HttpClient { BaseAddress = LaserServer.HttpAddress(server) };
        return await http.PostAsJsonAsync(
            "/v1/completions", new { prompt = "Once upon a time", max_tokens = 8, temperature = 0 });
    }
}
