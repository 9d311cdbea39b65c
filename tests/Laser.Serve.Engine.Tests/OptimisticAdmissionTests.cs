using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>What the reader of a request that gave way sees: nothing of it.</summary>
public class OptimisticAdmissionTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public async Task Generate_WithPreemptions_GivesTheTokensOfEachAlone(bool prefixCache, int seed)
    {
        var random = new Random(seed);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 24).Select(i => RandomRequest(random, i))];
        foreach (int tokensPerStep in new[] { 16, 47 })
        {
            await using TestEngine engine = CreateEngine(prefixCache, blockCount: 14, tokensPerStep);
            Task<Generation[]>[] together = [.. requests.Select(request => engine.GenerateAll(request))];
            engine.StepUntilIdle();

            for (int i = 0; i < requests.Length; i++)
            {
                await using var alone = new TestEngine(new FakeModelRunner());
                Generation[] expected = await alone.GenerateAllByHand(requests[i]);
                AssertSame(expected, await together[i]);
            }

            Assert.True(engine.Snapshot.PreemptionCount > 5, $"{engine.Snapshot.PreemptionCount} gave way.");
            Assert.True(engine.Snapshot.PreemptedTokenCount > 100);
            Assert.Equal((0, 0), (engine.Engine.WaitingCount, engine.Engine.WaitingPromptTokenCount));
            engine.AssertClean();
        }
    }

    [Fact]
    public async Task Generate_SeveralSequencesGiveWay_GoOnFromTheSharedPrompt()
    {
        await using TestEngine engine = CreateEngine(prefixCache: false, blockCount: 12, tokensPerStep: 64);
        Task<Generation> oldest = engine.Generate(TestEngine.Request(20, 120));
        SequenceGroup group = Submit(engine, TestEngine.Request(20, 30) with { SequenceCount = 3 });

        StepUntil(engine, () => group.PreemptionCount == 1);
        Assert.All(group.Sequences.ToArray(), sequence => Assert.Equal(SequenceStatus.Waiting, sequence.Status));
        StepUntil(engine, () => !group.IsWaiting);

        // The first computed the prompt and no further; the others have it from there.
        Assert.Null(group.PromptReader);
        Assert.All(group.Sequences.ToArray(), sequence => Assert.Equal(20, sequence.ComputedTokenCount));
        int[][] blocks = [.. group.Sequences.ToArray().Select(sequence => sequence.Blocks!.Blocks.ToArray())];
        Assert.Single(blocks.Select(table => table[0]).Distinct());
        Assert.Equal(3, blocks.Select(table => table[1]).Distinct().Count());
        engine.StepUntilIdle();
        Assert.Equal(120, (await oldest).TokenIds.Count);
        Assert.Equal(90, group.GeneratedTokenCount);
        engine.AssertClean();
    }

    // The full blocks of who gave way stay, as long as nobody needs the room.
    [Fact]
    public async Task Generate_RoomComesBackSoon_FindsItsBlocksInTheCache()
    {
        await using TestEngine engine = CreateEngine(prefixCache: true, blockCount: 8, tokensPerStep: 64);
        using var cancel = new CancellationTokenSource();
        Task<Generation> oldest = engine.Generate(TestEngine.Request(30, 90), cancel.Token);
        SequenceGroup group = Submit(engine, TestEngine.Request(30, 90, firstToken: 100));
        StepUntil(engine, () => group.PreemptionCount == 1);
        int tokenCount = group.First.TokenCount;

        await cancel.CancelAsync();
        engine.Step();

        Assert.Equal(SequenceStatus.Running, group.First.Status);
        Assert.True(tokenCount - engine.Runner.Steps[^1][0] >= 32, "Little was found.");
        Assert.Equal(0, group.CachedTokenCount);
        engine.StepUntilIdle();
        Assert.True(group.HasEnded);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => oldest);
        engine.AssertClean();
    }

    [Fact]
    public async Task Cancel_WhileItWaitsAgain_FreesItsPlace()
    {
        await using TestEngine engine = CreateEngine(prefixCache: true, blockCount: 8, tokensPerStep: 64);
        Task<Generation> oldest = engine.Generate(TestEngine.Request(30, 90));
        SequenceGroup group = Submit(engine, TestEngine.Request(30, 90));
        StepUntil(engine, () => group.PreemptionCount == 1);
        Assert.Equal((1, 30), (engine.Engine.WaitingCount, engine.Engine.WaitingPromptTokenCount));

        engine.Engine.Cancel(group);
        engine.Step();

        Assert.Equal(FinishReason.Cancelled, group.FinishReason);
        Assert.Equal((0, 0), (engine.Engine.WaitingCount, engine.Engine.WaitingPromptTokenCount));
        engine.StepUntilIdle();
        Assert.Equal(90, (await oldest).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task TimeLimit_WhileItWaitsAgain_EndsItWithTheTextThereIs()
    {
        await using TestEngine engine = CreateEngine(prefixCache: true, blockCount: 8, tokensPerStep: 64);
        GenerationRequest request =
            TestEngine.Request(30, 90, firstToken: 100) with { TimeLimit = TimeSpan.FromSeconds(5), TopLogprobs = 1 };
        Task<Generation> oldest = engine.Generate(TestEngine.Request(30, 90));
        Task<Generation> limited = engine.Generate(request);
        StepUntil(engine, () => engine.Snapshot.PreemptionCount == 1);

        engine.Time.Advance(TimeSpan.FromSeconds(6));
        engine.StepUntilIdle();

        Generation generation = await limited;
        Assert.Equal(FinishReason.TimeLimit, generation.Summary.FinishReason);
        Assert.InRange(generation.TokenIds.Count, 10, 89);
        Assert.Equal(generation.TokenIds.Count, generation.Logprobs.Count);
        Assert.Equal(90, (await oldest).TokenIds.Count);
        engine.AssertClean();
    }

    [Fact]
    public async Task Dispose_WhileItWaitsAgain_AbortsIt()
    {
        TestEngine engine = CreateEngine(prefixCache: true, blockCount: 8, tokensPerStep: 64);
        SequenceGroup oldest = Submit(engine, TestEngine.Request(30, 90));
        SequenceGroup group = Submit(engine, TestEngine.Request(30, 90));
        StepUntil(engine, () => group.PreemptionCount == 1);

        await engine.DisposeAsync();

        Assert.Equal(EngineError.Aborted, group.Failure?.Error);
        Assert.Equal(EngineError.Aborted, oldest.Failure?.Error);
        engine.AssertClean();
    }

    // Its time in the queue is that before its first step; the gap is one between tokens.
    [Fact]
    public async Task Summary_GaveWay_TimesAreThoseOfTheFirstStart()
    {
        await using TestEngine engine = CreateEngine(prefixCache: true, blockCount: 8, tokensPerStep: 64);
        Task<Generation> oldest = engine.Generate(TestEngine.Request(30, 90));
        Task<Generation> other = engine.Generate(TestEngine.Request(30, 90));
        do
        {
            engine.Time.Advance(TimeSpan.FromSeconds(1));
        }
        while (engine.Step());

        GenerationSummary summary = (await other).Summary;
        Assert.Equal(1, summary.QueueTime.TotalSeconds);
        Assert.True(summary.DecodeTime.TotalSeconds > 90);
        Assert.Equal(90, (await oldest).TokenIds.Count);
    }

    private static TestEngine CreateEngine(bool prefixCache, int blockCount, int tokensPerStep)
    {
        EngineOptions options = TestEngine.Options(running: 8, tokensPerStep, queued: 100);
        options.Admission = AdmissionMode.Optimistic;
        options.PrefixCache = prefixCache;
        return new TestEngine(new FakeModelRunner(blockCount), options);
    }

    private static SequenceGroup Submit(TestEngine engine, GenerationRequest request) =>
        engine.Engine.Submit(request, new StopStrings([]));

    private static void StepUntil(TestEngine engine, Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 1000, "That does not happen.");
            engine.Step();
        }
    }

    private static GenerationRequest RandomRequest(Random random, int number)
    {
        int[][] texts = [.. Enumerable.Range(0, 300).Select(_ => Tokens(random, random.Next(20, 60)))];
        return TestEngine.Request(random.Next(1, 40), maxTokens: random.Next(30, 70), firstToken: random.Next(256)) with
        {
            SequenceCount = number % 4 == 3 ? 2 : 1,
            Constraint = number % 5 == 0 ? new FakeConstraint(256, texts) : null,
            StopTokenIds = [256 + random.Next(40), 299],
            StopStrings = ["xq", "zzz"],
            MinTokens = random.Next(0, 5),
            TopLogprobs = number % 2 == 0 ? 3 : null,
            PromptTopLogprobs = number % 3 == 0 ? 2 : null,
            Priority = number % 7 == 0 ? 1 : 0,
            UsePrefixCache = number % 6 != 5,
            Sampling = new SamplingParams
            {
                Temperature = number % 5 == 1 ? 0 : 1.2f,
                RepetitionPenalty = 1.1f,
                PresencePenalty = 0.5f,
                FrequencyPenalty = 0.25f,
                Seed = (ulong)number,
            },
        };
    }

    private static int[] Tokens(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(256))];

    private static void AssertSame(Generation[] expected, Generation[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].TokenIds, actual[i].TokenIds);
            Assert.Equal(expected[i].Text, actual[i].Text);
            Assert.Equal(expected[i].LogprobBits, actual[i].LogprobBits);
            Assert.Equal(expected[i].Summary.FinishReason, actual[i].Summary.FinishReason);
        }
    }
}
