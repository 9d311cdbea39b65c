using System.Text.Json.Nodes;
using Grpc.Core;
using Laser.Client;
using Laser.Serve.Hosting;
using Laser.Serve.Logging;
using Laser.Serve.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.Telemetry;

public class JsonLogTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task Lines_OfARequest_NameItAndItsTrace()
    {
        using var log = new FormattedLog(new JsonLogFormatter(TimeProvider.System));
        await using WebApplication app = LaserServer.Build(
            ["--grpc-port", "0", "--http-port", "0", "--Laser:LogPrompts", "true"],
            builder => builder.Logging.ClearProviders().AddProvider(log).AddFilter<FormattedLog>(null, LogLevel.Debug));
        await app.StartAsync();
        await app.Services.GetRequiredService<ModelState>().Loaded;
        using var client = new LaserClient(LaserServer.GrpcAddress(app));
        using var root = new System.Diagnostics.Activity("test");
        root.SetParentId($"00-{TraceId}-00f067aa0ba902b7-01");
        root.Start();
        GenerateRequest request = RunningServer.Request("The king", 2);
        request.RequestId = "req-1";
        await client.GenerateOnceAsync(request);
        request.Sampling.TopP = 7;
        await Assert.ThrowsAsync<RpcException>(() => client.GenerateOnceAsync(request));
        await app.StopAsync();

        JsonNode[] lines = [.. log.Lines.Select(line => JsonNode.Parse(line)!)];
        JsonNode[] own = [.. lines.Where(line => (string?)line["request_id"] == "req-1")];
        Assert.Contains(own, line => line["category"]!.GetValue<string>().EndsWith("PromptLog"));
        Assert.Contains(own, line => line["category"]!.GetValue<string>().EndsWith("InferenceEngine"));
        Assert.Contains(own, line => line["message"]!.GetValue<string>().Contains("InvalidArgument"));
        Assert.All(own, line => Assert.Equal(TraceId, (string?)line["trace_id"]));
        Assert.All(lines, line => Assert.EndsWith("Z", (string?)line["timestamp"]));
        Assert.All(log.Lines, line => Assert.Equal(line.Length - Environment.NewLine.Length, line.IndexOf(Environment.NewLine)));
    }
}
