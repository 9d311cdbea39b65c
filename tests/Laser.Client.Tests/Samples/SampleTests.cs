using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Laser.Serve.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Client.Tests.Samples;

/// <summary>Runs the README's code.</summary>
public sealed class SampleTests : IAsyncLifetime
{
    private FakeServer _server = null!;
    private LaserClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _client = TestClients.Create(_server);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Generation_Samples_SendWhatTheySay()
    {
        await GenerationSamples.StreamTextAsync(_client);
        Assert.Equal("t0 t1 ", await GenerationSamples.OnceAsync(_client));
        await GenerationSamples.MessagesAsync(_client);

        GenerateRequest[] sent = [.. _server.Calls.Select(call => (GenerateRequest)call.Request)];
        Assert.All(sent, request => Assert.Equal(("Once upon a time", 100u), (request.Prompt, request.MaxTokens)));
        Assert.Equal(7u, sent[2].Sampling.Seed);
        Assert.Equal("The end", sent[2].Stop.Strings.Single());
    }

    [Fact]
    public async Task SeveralAnswers_Sample_SeparatesTheTexts()
    {
        _server.Then(async (write, _) =>
        {
            foreach (uint index in (uint[])[0, 2, 1, 0])
            {
                await write(new GenerateResponse { Index = index, Text = $"{index}" });
            }
        });

        Assert.Equal(["00", "1", "2"], await GenerationSamples.SeveralAnswersAsync(_client));
    }

    [Fact]
    public async Task StructuredOutput_Sample_SendsTheConstraints()
    {
        await GenerationSamples.StructuredOutputAsync(_client);

        Constraint[] sent = [.. _server.Calls.Select(call => ((GenerateRequest)call.Request).Constraint)];
        Assert.Contains("name", sent[0].JsonSchema, StringComparison.Ordinal);
        Assert.Equal(["yes", "no"], sent[1].Choice.Texts);
    }

    [Fact]
    public async Task Cancellation_Sample_LeavesAtTheFullStop()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Then(async (write, context) =>
        {
            await write(new GenerateResponse { Text = "It ends." });
            await Script.Hang(cancelled: cancelled)(write, context);
        });

        Assert.False(await GenerationSamples.CancellationAsync(_client));
        await cancelled.Task;
    }

    [Fact]
    public async Task Errors_Sample_CatchesAndReads()
    {
        _server.Then(Script.Fail(StatusCode.InvalidArgument));

        await GenerationSamples.ErrorsAsync(_client, TestClients.Request());

        Assert.Single(_server.Calls);
    }

    [Fact]
    public async Task Connection_Samples_AreValidOptions()
    {
        using var certificates = new TestCertificates();
        ConnectionSamples.Secure("key", certificates.CaFile).Dispose();
        ConnectionSamples.SeveralServers().Dispose();
        using var retrying = new LaserClient(ConnectionSamples.Retries(_server.Address));
        using var own = new LaserClient(ConnectionSamples.OwnPipeline(_server.Address));

        Assert.Equal("t0 t1 ", await retrying.GenerateOnceAsync("Once"));
        Assert.Equal("t0 t1 ", await own.GenerateOnceAsync("Once"));
    }

    [Fact]
    public async Task AspNetCore_Sample_StreamsTheStory()
    {
        await using WebApplication app = AspNetCoreSample.Build(_server.Address);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        string[] pieces = await http.GetFromJsonAsync<string[]>("/story?prompt=Once") ?? [];

        Assert.Equal(["t0 ", "t1 "], pieces);
        Assert.Equal("Once", ((GenerateRequest)_server.Calls.Single().Request).Prompt);
    }

    [Fact]
    public void NamedClients_Sample_RegistersBoth()
    {
        using ServiceProvider services = AspNetCoreSample.AddNamed(new ServiceCollection()).BuildServiceProvider();

        Assert.NotNull(services.GetRequiredKeyedService<LaserClient>("small"));
        Assert.NotNull(services.GetRequiredKeyedService<LaserClient>("large"));
    }

    [Fact]
    public async Task Telemetry_Sample_HearsACall()
    {
        (ActivityListener spans, MeterListener figures) = TelemetrySample.Listen();
        using (spans)
        using (figures)
        {
            int heard = 0;
            spans.ActivityStopped += _ => Interlocked.Increment(ref heard);

            await _client.GetModelAsync();

            Assert.True(heard > 0);
        }
    }
}
