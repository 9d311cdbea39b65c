using Grpc.Core;
using Laser.Client;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests;

public class LifetimeTests
{
    private static readonly string[] FreePorts = ["--grpc-port", "0", "--http-port", "0"];

    [Fact]
    public async Task Stop_WithARunningStream_FinishesItAndRefusesNewOnes()
    {
        await using WebApplication app = Build();
        await app.StartAsync();
        await app.Services.GetRequiredService<ModelState>().Loaded;
        using var client = new LaserClient(LaserServer.GrpcAddress(app));
        using var other = new LaserClient(new LaserClientOptions
        {
            Addresses = [LaserServer.GrpcAddress(app)],
            Resilience = new LaserResilienceOptions { MaxRetries = 0 },
        });
        Task? stop = null;
        StatusCode? refusal = null;
        Finish? finish = null;

        await foreach (GenerateResponse response in client.GenerateAsync(RunningServer.Request("Once upon a time", 800)))
        {
            finish = response.Finish;
            if (stop is null)
            {
                await other.GetModelAsync(); // a connection that is there already
                stop = app.StopAsync();
                RpcException e = await Assert.ThrowsAsync<RpcException>(
                    () => other.GenerateOnceAsync(RunningServer.Request("The king", 5)));
                refusal = e.StatusCode;
            }
        }

        await stop!;
        Assert.Equal(800u, finish?.Usage.GeneratedTokens);
        Assert.Equal(StatusCode.Unavailable, refusal);
    }

    [Fact]
    public async Task Stop_AtTheDrainLimit_EndsTheStreamWithAborted()
    {
        await using WebApplication app = Build("--Laser:DrainSeconds", "0");
        await app.StartAsync();
        await app.Services.GetRequiredService<ModelState>().Loaded;
        using var client = new LaserClient(LaserServer.GrpcAddress(app));
        Task? stop = null;

        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (GenerateResponse _ in client.GenerateAsync(RunningServer.Request("Once upon a time", 1000)))
            {
                stop ??= app.StopAsync();
            }
        });

        await stop!;
        Assert.Equal(StatusCode.Aborted, e.StatusCode);
    }

    [Fact]
    public async Task Start_WithoutACheckpoint_FailsAndStopsSayingWhy()
    {
        await using WebApplication app = Build("--model", "no-such-folder");
        await app.StartAsync();

        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => app.Services.GetRequiredService<ModelState>().Loaded);

        Assert.Contains("no-such-folder", e.Message);
        await app.WaitForShutdownAsync();
        Environment.ExitCode = 0; // the server's answer to the shell, not the test run's
    }

    [Fact]
    public async Task Start_WithPackedWeights_TheSecondMapsThemAndGeneratesTheSame()
    {
        string folder = Directory.CreateTempSubdirectory("packed-weights-").FullName;
        var texts = new List<string>();
        foreach (string state in (string[])["packed weights written", "packed weights mapped"])
        {
            await using RunningServer server = await RunningServer.StartAsync("--Laser:Model:PackedWeights", folder);
            GenerateOnceResponse answer =
                await server.Client.GenerateOnceAsync(RunningServer.Request("Once upon a time", 40));
            texts.Add(answer.Sequences[0].Text);
            Assert.Contains(state, server.Model.Device, StringComparison.Ordinal);
        }

        Assert.Equal(texts[0], texts[1]);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("--modle", "--modle")]
    [InlineData("--Engine:BlockSize=32", "--Engine:BlockSize")]
    [InlineData("--Laser:Engine:MaxRuning=3", "MaxRuning")]
    [InlineData("--Laser:Engine:BlockSize=33", "Laser:Engine:BlockSize")]
    [InlineData("--Laser:Engine:CacheType=Float8", "Laser:Engine:CacheType")]
    [InlineData("--Laser:Grpc:Address=localhost", "Laser:Grpc:Address")]
    [InlineData("--Laser:Http:Port=70000", "Laser:Http:Port")]
    [InlineData("--Laser:DrainSeconds=-1", "Laser:DrainSeconds")]
    public void Build_WrongOption_IsRefusedByName(string arg, string named)
    {
        Exception e = Assert.ThrowsAny<Exception>(() => Build(arg));

        Assert.Contains(named, e.Message);
    }

    private static WebApplication Build(params string[] args) => LaserServer.Build(
        [.. FreePorts, .. args], builder => builder.Logging.SetMinimumLevel(LogLevel.None));
}
