using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>The engine stepped by hand.</summary>
public class InferenceEngineTests
{
    private static readonly int[] HelloTokens = FakeTokenizer.Tokens("Hello, w\u00f6rld!");

    [Fact]
    public async Task GenerateAsync_ToTheLimit_GivesTokensTextAndSummary()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));

        Generation generation = await engine.GenerateByHand(TestEngine.Request(promptLength: 3, maxTokens: 10));

        Assert.Equal(HelloTokens[..10], generation.TokenIds);
        Assert.Equal("Hello, w\u00f6", generation.Text);
        Assert.Equal(FinishReason.Length, generation.Summary.FinishReason);
        Assert.Equal((3, 10), (generation.Summary.PromptTokenCount, generation.Summary.GeneratedTokenCount));
        engine.AssertClean();
    }

    [Fact]
    public async Task GenerateAsync_StopToken_IsCountedButNoPartOfTheText()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(maxTokens: 20) with { StopTokenIds = [',', 299] });

        Assert.Equal("Hello", generation.Text);
        Assert.Equal(HelloTokens[..5], generation.TokenIds);
        Assert.Equal(FinishReason.Stop, generation.Summary.FinishReason);
        Assert.Equal(',', generation.Summary.StopTokenId);
        Assert.Null(generation.Summary.StopString);
        Assert.Equal(6, generation.Summary.GeneratedTokenCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task GenerateAsync_StopString_EndsTheTextBeforeItAndTheWorkAtIt()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(maxTokens: 20) with { StopStrings = ["world", "w\u00f6"] });

        Assert.Equal("Hello, ", generation.Text);
        Assert.Equal("w\u00f6", generation.Summary.StopString);
        Assert.Equal(10, generation.Summary.GeneratedTokenCount);
        Assert.Equal(10, engine.Runner.Steps.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task GenerateAsync_StopTokenIncluded_IsAmongTheTokensAndTheText()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(maxTokens: 20) with { StopTokenIds = [','], IncludeStop = true, TopLogprobs = 0 });

        Assert.Equal("Hello,", generation.Text);
        Assert.Equal(HelloTokens[..6], generation.TokenIds);
        Assert.Equal((6, ','), (generation.Summary.GeneratedTokenCount, generation.Summary.StopTokenId));
    }

    [Fact]
    public async Task GenerateAsync_SpecialStopTokenIncluded_IsTextOnlyIfSpecialTokensAre()
    {
        const int End = 256;
        foreach (bool skips in new[] { true, false })
        {
            await using var engine = new TestEngine(
                Saying([.. HelloTokens[..5], End]), tokenizer: new FakeTokenizer("<|end|>"));

            Generation generation = await engine.GenerateByHand(TestEngine.Request(maxTokens: 20) with
            {
                StopTokenIds = [End],
                IncludeStop = true,
                SkipSpecialTokens = skips,
            });

            Assert.Equal(skips ? "Hello" : "Hello<|end|>", generation.Text);
            Assert.Equal([.. HelloTokens[..5], End], generation.TokenIds);
        }
    }

    [Fact]
    public async Task GenerateAsync_StopStringIncluded_EndsTheTextBehindIt()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(maxTokens: 20) with { StopStrings = ["w\u00f6"], IncludeStop = true });

        Assert.Equal("Hello, w\u00f6", generation.Text);
        Assert.Equal("w\u00f6", generation.Summary.StopString);
    }

    [Fact]
    public async Task GenerateAsync_MinTokens_NeitherSamplesAStopTokenNorSearchesBefore()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = (context, logits) =>
        {
            logits.Clear();
            logits[299] = 2;
            logits['a' + (context.Length % 2)] = 1;
        };

        Generation generation = await engine.GenerateByHand(TestEngine.Request(maxTokens: 20) with
        {
            StopTokenIds = [299],
            StopStrings = ["ba"],
            MinTokens = 6,
        });

        Assert.Equal("bababa", generation.Text);
        Assert.Equal((7, 299), (generation.Summary.GeneratedTokenCount, generation.Summary.StopTokenId));
    }

    [Fact]
    public async Task GenerateAsync_Timings_AreThoseOfTheClock()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 16));
        engine.Runner.BeforeRun = _ => engine.Time.Advance(TimeSpan.FromSeconds(1));
        Task<Generation> generation = engine.Generate(TestEngine.Request(promptLength: 40, maxTokens: 3));
        engine.Time.Advance(TimeSpan.FromSeconds(5));

        engine.StepUntilIdle();

        GenerationSummary summary = (await generation).Summary;
        Assert.Equal(TimeSpan.FromSeconds(5), summary.QueueTime);
        Assert.Equal(TimeSpan.FromSeconds(3), summary.PrefillTime);
        Assert.Equal(TimeSpan.FromSeconds(2), summary.DecodeTime);
    }

    [Fact]
    public async Task GenerateAsync_FirstToken_IsReadableAfterTheStepThatSampledIt()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));
        await using IAsyncEnumerator<TokenOutput> outputs =
            engine.Engine.GenerateAsync(TestEngine.Request(), CancellationToken.None).GetAsyncEnumerator();
        ValueTask<bool> first = outputs.MoveNextAsync();
        Assert.False(first.IsCompleted);

        engine.Step();

        Assert.True(await first);
        Assert.Equal("H", outputs.Current.Text);
        Assert.Null(outputs.Current.Final);
    }

    [Fact]
    public async Task GenerateAsync_SlowReader_GetsWhatCameTogetherInOneOutput()
    {
        await using var engine = new TestEngine(Saying(HelloTokens));
        await using IAsyncEnumerator<TokenOutput> outputs =
            engine.Engine.GenerateAsync(TestEngine.Request(maxTokens: 5), CancellationToken.None).GetAsyncEnumerator();
        ValueTask<bool> first = outputs.MoveNextAsync();
        engine.Step();
        Assert.True(await first);

        engine.StepUntilIdle();

        Assert.True(await outputs.MoveNextAsync());
        Assert.Equal("ello", outputs.Current.Text);
        Assert.True(await outputs.MoveNextAsync());
        Assert.NotNull(outputs.Current.Final);
        Assert.False(await outputs.MoveNextAsync());
    }

    [Fact]
    public async Task Step_RequestComesWhileAnotherRuns_JoinsAtTheNextStepAndLeavesAtItsEnd()
    {
        await using var engine = new TestEngine();
        Task<Generation> first = engine.Generate(TestEngine.Request(promptLength: 4, maxTokens: 5));
        engine.Step();
        Task<Generation> second = engine.Generate(TestEngine.Request(promptLength: 6, maxTokens: 2));

        engine.StepUntilIdle();

        Assert.Equal(new int[][] { [4], [1, 6], [1, 1], [1], [1] }, engine.Runner.Steps);
        Assert.Equal(5, (await first).TokenIds.Count);
        Assert.Equal(2, (await second).TokenIds.Count);
        Assert.Equal(2, engine.Snapshot.LargestBatch);
        Assert.Equal(5, engine.Snapshot.StepCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task GenerateAsync_QueueFull_IsRefusedAtOnceAndAcceptedWhenThereIsAPlace()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 1, queued: 2));
        Task<Generation> first = engine.Generate(TestEngine.Request());
        Task<Generation> second = engine.Generate(TestEngine.Request());

        Task<Generation> refused = engine.Generate(TestEngine.Request());
        Assert.True(refused.IsFaulted);
        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => refused);
        Assert.Equal(EngineError.Overloaded, exception.Error);

        engine.Step();
        Assert.Equal((1, 1), (engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));
        Task<Generation> third = engine.Generate(TestEngine.Request());
        engine.StepUntilIdle();
        await Task.WhenAll(first, second, third);
        engine.AssertClean();
    }

    [Fact]
    public async Task GenerateAsync_NeverFits_IsRefusedWithFigures()
    {
        await using var engine = new TestEngine();

        EngineException exception = await Assert.ThrowsAsync<EngineException>(
            () => engine.Generate(TestEngine.Request(promptLength: 1000, maxTokens: 25)));

        Assert.Equal(EngineError.PromptTooLong, exception.Error);
        Assert.Contains("1025; the limit is 1024", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1024, engine.Engine.MaxSequenceLength);
    }

    [Fact]
    public async Task GenerateAsync_WholeCache_IsServedAlone()
    {
        await using var engine = new TestEngine(new FakeModelRunner(blockCount: 4));
        Task<Generation> big = engine.Generate(TestEngine.Request(promptLength: 50, maxTokens: 14));
        Task<Generation> small = engine.Generate(TestEngine.Request());

        engine.StepUntilIdle();

        Assert.Equal(14, (await big).TokenIds.Count);
        Assert.Equal(5, (await small).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task DisposeAsync_NotStarted_FailsWhatWaitsAndRefusesTheNext()
    {
        var engine = new TestEngine();
        Task<Generation> running = engine.Generate(TestEngine.Request());
        engine.Step();
        Task<Generation> waiting = engine.Generate(TestEngine.Request());

        await engine.DisposeAsync();

        Assert.Equal(EngineError.Aborted, (await Assert.ThrowsAsync<EngineException>(() => running)).Error);
        foreach (Task<Generation> ended in new[] { waiting, engine.Generate(TestEngine.Request()) })
        {
            Assert.Equal(EngineError.Draining, (await Assert.ThrowsAsync<EngineException>(() => ended)).Error);
        }

        Assert.Equal(EngineStatus.Stopped, engine.Snapshot.Status);
        engine.AssertClean();
    }

    // A model that says one text, whatever the prompt.
    private static FakeModelRunner Saying(int[] tokens)
    {
        int? promptLength = null;
        return new FakeModelRunner
        {
            Logits = FakeModelRunner.Always(context =>
            {
                promptLength ??= context.Length;
                return tokens[context.Length - promptLength.Value];
            }),
        };
    }
}
