using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Tokenization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>An engine over a fake model, to be stepped by hand unless it is started.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private readonly Meter _meter;

    public TestEngine(
        FakeModelRunner? runner = null,
        EngineOptions? options = null,
        ITokenizer? tokenizer = null,
        Meter? meter = null)
    {
        Runner = runner ?? new FakeModelRunner();
        _meter = meter ?? new Meter("test");
        Engine = new InferenceEngine(
            Runner,
            tokenizer ?? new FakeTokenizer(),
            options ?? Options(),
            NullLogger<InferenceEngine>.Instance,
            Time,
            new EngineMetrics(_meter));
    }

    public FakeModelRunner Runner { get; }

    public ManualTimeProvider Time { get; } = new();

    public InferenceEngine Engine { get; }

    public EngineSnapshot Snapshot => Engine.Snapshot;

    public static EngineOptions Options(int running = 8, int tokensPerStep = 32, int queued = 16) =>
        new() { MaxRunningSequences = running, MaxTokensPerStep = tokensPerStep, MaxQueuedRequests = queued };

    public static GenerationRequest Request(int promptLength = 3, int maxTokens = 5, int firstToken = 65) => new()
    {
        Id = "test",
        PromptTokenIds = [.. Enumerable.Range(firstToken, promptLength).Select(id => id % 256)],
        MaxTokens = maxTokens,
        Sampling = new SamplingParams { Temperature = 0 },
    };

    public bool Step() => Engine.Loop.Step();

    public void StepUntilIdle()
    {
        while (Step())
        {
        }
    }

    /// <summary>Submits a request at once and reads it to its end.</summary>
    public async Task<Generation> Generate(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        List<int> tokenIds = [];
        List<TokenLogprob> logprobs = [];
        IReadOnlyList<TokenLogprob>? promptLogprobs = null;
        string text = "";
        GenerationSummary? summary = null;
        await foreach (TokenOutput output in Engine.GenerateAsync(request, cancellationToken))
        {
            Assert.Null(summary);
            Assert.True(output.Logprobs.Count == (request.TopLogprobs is null ? 0 : output.TokenIds.Count));
            Assert.True(promptLogprobs is null || output.PromptLogprobs.Count == 0);
            tokenIds.AddRange(output.TokenIds);
            logprobs.AddRange(output.Logprobs);
            promptLogprobs ??= output.PromptLogprobs;
            text += output.Text;
            summary = output.Final;
        }

        Assert.NotNull(summary);
        return new Generation(tokenIds, text, summary) { Logprobs = logprobs, PromptLogprobs = promptLogprobs ?? [] };
    }

    /// <summary>Submits a request, steps until nothing is left to do, and reads.</summary>
    public async Task<Generation> GenerateByHand(GenerationRequest request)
    {
        Task<Generation> generation = Generate(request);
        StepUntilIdle();
        return await generation;
    }

    /// <summary>Checks that nothing is left behind.</summary>
    public void AssertClean()
    {
        Assert.Empty(Runner.Violations);
        Assert.Equal(0, Runner.OwnedBlockCount);
        Assert.Equal(0, Snapshot.UsedBlockCount);
        Assert.Equal(0, Snapshot.RunningCount);
        Assert.Equal(0, Snapshot.WaitingCount);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _meter.Dispose();
    }
}
