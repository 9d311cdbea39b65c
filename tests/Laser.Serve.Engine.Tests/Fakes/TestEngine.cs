using System.Diagnostics.Metrics;
using Laser.Serve.Compute.Attention;
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
        Meter? meter = null,
        EngineMetrics? metrics = null)
    {
        Runner = runner ?? new FakeModelRunner();
        _meter = meter ?? new Meter("test");
        Engine = new InferenceEngine(
            Runner,
            tokenizer ?? new FakeTokenizer(),
            options ?? Options(),
            NullLogger<InferenceEngine>.Instance,
            Time,
            metrics ?? new EngineMetrics(_meter));
    }

    public FakeModelRunner Runner { get; }

    public ManualTimeProvider Time { get; } = new();

    public InferenceEngine Engine { get; }

    public EngineSnapshot Snapshot => Engine.Snapshot;

    public static EngineOptions Options(int running = 8, int tokensPerStep = 32, int queued = 16) =>
        new() { MaxRunningSequences = running, MaxTokensPerStep = tokensPerStep, MaxQueuedRequests = queued };

    /// <summary>The limits of an engine over a cache of that shape.</summary>
    public static EngineLimits Limits(
        KvCacheLayout layout, int running = 8, int tokensPerStep = 32, int? logitRows = null)
    {
        return new EngineLimits
        {
            MaxRunningSequences = running,
            MaxTokensPerStep = tokensPerStep,
            MaxLogitRows = logitRows ?? running,
            MaxQueuedRequests = 16,
            MaxQueuedPromptTokens = 1_000_000,
            Admission = AdmissionMode.Reserve,
            Fairness = true,
            SkipAhead = TimeSpan.Zero,
            MaxSequenceLength = 1024,
            PrefixCache = true,
            VocabularySize = 300,
            CacheLayout = layout,
        };
    }

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

    /// <summary>Submits a request for one sequence at once and reads it to its end.</summary>
    public async Task<Generation> Generate(GenerationRequest request, CancellationToken cancellationToken = default) =>
        Assert.Single(await GenerateAll(request, cancellationToken));

    /// <summary>Submits a request at once and reads all its sequences to their end.</summary>
    public async Task<Generation[]> GenerateAll(
        GenerationRequest request, CancellationToken cancellationToken = default)
    {
        var sequences = new GenerationBuilder[request.SequenceCount];
        foreach (ref GenerationBuilder sequence in sequences.AsSpan())
        {
            sequence = new GenerationBuilder(request);
        }

        bool first = true;
        await foreach (TokenOutput output in Engine.GenerateAsync(request, cancellationToken))
        {
            Assert.True(first || output.PromptLogprobs.Count == 0);
            first = false;
            sequences[output.Index].Add(output);
        }

        return [.. sequences.Select(sequence => sequence.Build())];
    }

    /// <summary>Submits a request, steps until nothing is left to do, and reads.</summary>
    public async Task<Generation> GenerateByHand(GenerationRequest request)
    {
        Task<Generation> generation = Generate(request);
        StepUntilIdle();
        return await generation;
    }

    /// <summary>The same for all sequences of a request.</summary>
    public async Task<Generation[]> GenerateAllByHand(GenerationRequest request)
    {
        Task<Generation[]> generations = GenerateAll(request);
        StepUntilIdle();
        return await generations;
    }

    /// <summary>Checks that nothing is left behind but cached blocks.</summary>
    public void AssertClean()
    {
        Assert.Empty(Runner.Violations);
        Assert.Equal(Snapshot.CachedBlockCount, Runner.OwnedBlockCount);
        Assert.Equal(Snapshot.TotalBlockCount, Snapshot.FreeBlockCount + Snapshot.CachedBlockCount);
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
