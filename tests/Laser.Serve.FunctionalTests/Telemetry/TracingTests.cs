using System.Diagnostics;
using System.Text;
using Grpc.Core;
using Laser.Client;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Telemetry;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Telemetry;

public class TracingTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Stream_CalledByTheClient_IsOneSpanThatContinuesItsTrace()
    {
        using var spans = new SpanLog(
            LaserServeTelemetry.ActivitySourceName, LaserClientTelemetry.ActivitySourceName, EngineTelemetry.ActivitySourceName);
        GenerateRequest request = RunningServer.Request("The king", 4);
        request.RequestId = "traced";

        await server.CollectAsync(request);

        Activity client = await spans.SingleAsync(LaserClientTelemetry.ActivitySourceName);
        Activity span = await spans.SingleAsync(LaserServeTelemetry.ActivitySourceName);
        Assert.Equal(client.SpanId, span.ParentSpanId);
        Assert.Equal(ActivityKind.Server, span.Kind);
        Assert.Equal("laser.serve.v1.Generation/Generate", span.OperationName);
        Assert.Equal("OK", span.GetTagItem("rpc.response.status_code"));
        Assert.Equal("laser-tales-3m", span.GetTagItem("gen_ai.request.model"));
        Assert.Equal(4, span.GetTagItem("gen_ai.request.max_tokens"));
        Assert.Equal(4, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.InRange((int)span.GetTagItem("gen_ai.usage.input_tokens")!, 1, 8);
        Assert.Equal<string[]>(["length"], (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.Equal("traced", span.GetTagItem("laser.request_id"));
        Assert.Equal(["queued", "prefill", "first_token", "end"], span.Events.Select(e => e.Name));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()!.Contains("king") == true);
        Activity[] steps = [.. spans.All.Where(s => s.Links.Any(link => link.Context.SpanId == span.SpanId))];
        Assert.Equal(4, steps.Length);
    }

    [Fact]
    public async Task Call_RefusedForItsContent_EndsWithItsStatusAndIsNoErrorOfTheServer()
    {
        using var spans = new SpanLog(LaserServeTelemetry.ActivitySourceName);
        GenerateRequest request = RunningServer.Request("The king", 4);
        request.Sampling.TopP = 7;

        await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));

        Activity span = await spans.SingleAsync(LaserServeTelemetry.ActivitySourceName);
        Assert.Equal("INVALID_ARGUMENT", span.GetTagItem("rpc.response.status_code"));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Empty(span.Events);
    }

    [Fact]
    public async Task Completions_WithTraceparent_AreOneSpanForAllPrompts()
    {
        using var spans = new SpanLog(LaserServeTelemetry.ActivitySourceName);
        using var content = new StringContent(
            """{"prompt": ["The king", "The queen"], "max_tokens": 3}""", Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await server.Http.PostAsync("/v1/completions", content);

        response.EnsureSuccessStatusCode();
        Activity span = await spans.SingleAsync(LaserServeTelemetry.ActivitySourceName);
        Assert.Equal("POST /v1/completions", span.OperationName);
        Assert.Equal("200", span.GetTagItem("http.response.status_code"));
        Assert.Equal(6, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal<string[]>(["length", "length"], (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.Equal(8, span.Events.Count());
    }

    // The exporter sends the spans of all servers in this process: what must not be sent is a text that no other test has.
    [Fact]
    public async Task Export_ToACollector_SendsTheSpan()
    {
        const string Prompt = "A heron stood in the seventh lake";
        await using FakeCollector collector = await FakeCollector.StartAsync();
        using var spans = new SpanLog();
        await using (RunningServer exporting = await RunningServer.StartAsync(
            "--Laser:Telemetry:OtlpEndpoint", collector.Address.ToString()))
        {
            await exporting.Client.GenerateOnceAsync(RunningServer.Request(Prompt, 2));
        }

        byte[] sent = collector.Received;
        byte[] traceId = Convert.FromHexString(spans.Root.TraceId.ToHexString());
        Assert.True(sent.AsSpan().IndexOf(traceId) >= 0, $"{sent.Length} bytes came, without the trace.");
        string text = Encoding.Latin1.GetString(sent);
        Assert.Contains("gen_ai.usage.output_tokens", text);
        Assert.Contains("laser-serve", text);
        Assert.DoesNotContain(Prompt, text);
    }

    [Fact]
    public async Task Start_EndpointThatIsNoUrl_IsRefusedByName()
    {
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => RunningServer.StartAsync("--Laser:Telemetry:OtlpEndpoint", "collector"));

        Assert.Contains("Laser:Telemetry:OtlpEndpoint is 'collector'", e.Message);
    }
}
