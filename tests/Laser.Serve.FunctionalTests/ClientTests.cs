using Grpc.Core;
using Laser.Client;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests;

/// <summary>The client library against the server it is for.</summary>
public class ClientTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Prompt = "Once upon a time";

    [Fact]
    public async Task Generate_Prompt_StreamsWhatOnceGives()
    {
        static void Greedy(GenerateRequest request)
        {
            request.MaxTokens = 20;
            request.Sampling = new SamplingParams { Temperature = 0 };
        }

        string streamed = "";
        await foreach (string piece in server.Client.GenerateAsync(Prompt, Greedy))
        {
            streamed += piece;
        }

        Assert.NotEmpty(streamed);
        Assert.Equal(await server.Client.GenerateOnceAsync(Prompt, Greedy), streamed);
    }

    [Fact]
    public async Task Generate_WrongParameter_NamesTheField()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 5);
        request.Sampling.TopP = 2;

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));

        LaserErrorDetails details = e.GetErrorDetails();
        Assert.Equal("sampling.top_p", Assert.Single(details.FieldViolations).Field);
        Assert.Equal("laser.serve", details.Domain);
    }

    [Fact]
    public async Task Generate_ItsServerStopsInTheMiddle_GoesOnElsewhereWithTheSameTokens()
    {
        await using WebApplication other = LaserServer.Build(
            ["--grpc-port", "0", "--http-port", "0", "--Laser:DrainSeconds", "0"],
            builder => builder.Logging.SetMinimumLevel(LogLevel.None));
        await other.StartAsync();
        EngineGroup otherEngine = (await other.Services.GetRequiredService<ModelState>().Loaded).Engine;
        GenerateRequest request = RunningServer.Request(Prompt, 900);
        List<GenerateResponse> undisturbed = await server.CollectAsync(request);
        long steps = server.Engine.Snapshot.StepCount;
        var options = new LaserClientOptions
        {
            // The second has the first turn.
            Addresses = [server.GrpcAddress, LaserServer.GrpcAddress(other)],
            Resilience = new LaserResilienceOptions { RetryAfterFirstToken = true },
        };
        await using var client = new LaserClient(options);

        Task? stop = null;
        var tokens = new List<uint>();
        await foreach (GenerateResponse message in client.GenerateAsync(request))
        {
            tokens.AddRange(message.TokenIds);
            stop ??= other.StopAsync();
        }

        await stop!;
        Assert.Equal(undisturbed.SelectMany(message => message.TokenIds), tokens);
        Assert.True(otherEngine.Snapshot.StepCount > 0);
        Assert.True(server.Engine.Snapshot.StepCount > steps);
    }
}
