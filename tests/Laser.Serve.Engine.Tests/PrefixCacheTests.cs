using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>What requests share of the cache, and that it changes nothing but the work.</summary>
public class PrefixCacheTests
{
    [Theory]
    [InlineData(16, 0)]
    [InlineData(17, 16)]
    [InlineData(48, 32)]
    [InlineData(60, 48)]
    public async Task Generate_SamePromptAgain_ComputesTheRestOnlyAndSaysTheSame(int promptLength, int cached)
    {
        await using var engine = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength, maxTokens: 20) with { TopLogprobs = 1 };
        Generation first = await engine.GenerateByHand(request);
        engine.Runner.Steps.Clear();

        Generation second = await engine.GenerateByHand(request);

        Assert.Equal(first.TokenIds, second.TokenIds);
        Assert.Equal(first.LogprobBits, second.LogprobBits);
        Assert.Equal((0, cached), (first.Summary.CachedTokenCount, second.Summary.CachedTokenCount));
        Assert.Equal(promptLength - cached + 19, engine.Runner.Steps.Sum(tokens => tokens.Sum()));
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_PromptThatGoesOnFromAnAnswer_FindsTheAnswerToo()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength: 20, maxTokens: 30);
        Generation first = await engine.GenerateByHand(request);

        Generation next = await engine.GenerateByHand(
            request with { PromptTokenIds = [.. request.PromptTokenIds, .. first.TokenIds, 5, 6, 7] });

        Assert.Equal(48, next.Summary.CachedTokenCount);
        engine.AssertClean();
    }

    public static TheoryData<string> Separations => ["option", "request", "salt", "logprobs", "token"];

    [Theory]
    [MemberData(nameof(Separations))]
    public async Task Generate_SeparatedFromTheCache_ComputesEverything(string separation)
    {
        EngineOptions options = TestEngine.Options();
        options.PrefixCache = separation != "option";
        await using var engine = new TestEngine(options: options);
        GenerationRequest request = TestEngine.Request(promptLength: 40);
        await engine.GenerateByHand(request);
        Assert.Equal(options.PrefixCache ? 2 : 0, engine.Snapshot.CachedBlockCount);

        Generation second = await engine.GenerateByHand(separation switch
        {
            "request" => request with { UsePrefixCache = false },
            "salt" => request with { CacheSalt = "mine" },
            "logprobs" => request with { PromptTopLogprobs = 0 },
            "token" => request with { PromptTokenIds = [9, .. request.PromptTokenIds.Skip(1)] },
            _ => request,
        });

        Assert.Equal(0, second.Summary.CachedTokenCount);
        Assert.Equal(
            separation switch { "option" => 0, "salt" or "token" => 4, _ => 2 }, engine.Snapshot.CachedBlockCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_SamePromptInFlight_SharesWhatIsSealedWhenItIsAdmitted()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 32));
        GenerationRequest request = TestEngine.Request(promptLength: 70, maxTokens: 9);
        Task<Generation> first = engine.Generate(request);
        engine.Step();
        Task<Generation> second = engine.Generate(request);
        engine.StepUntilIdle();

        // 70 tokens are 32, 32 and 6: the second is admitted in the third step.
        Assert.Equal([32], engine.Runner.Steps[1]);
        Assert.Equal([6, 6], engine.Runner.Steps[2]);
        Assert.Equal(64, (await second).Summary.CachedTokenCount);
        Assert.Equal((await first).TokenIds, (await second).TokenIds);
        engine.AssertClean();
    }

    // Both compute the same blocks; one of each is kept.
    [Fact]
    public async Task Generate_SamePromptInOneStep_HoldsItOnceAfterwards()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 100));
        GenerationRequest request = TestEngine.Request(promptLength: 40, maxTokens: 20);
        Task<Generation> first = engine.Generate(request);
        Task<Generation> second = engine.Generate(request);
        engine.Step();
        Assert.Equal(2 + (2 * 2), engine.Snapshot.UsedBlockCount);

        engine.StepUntilIdle();

        Assert.Equal((await first).TokenIds, (await second).TokenIds);
        Assert.Equal(3, engine.Snapshot.CachedBlockCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_SeveralSequences_UseAndLeavePrefixes()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength: 40, maxTokens: 30) with
        {
            SequenceCount = 3,
            Sampling = new SamplingParams { Temperature = 1, Seed = 3 },
        };
        Generation[] first = await engine.GenerateAllByHand(request);
        Assert.Equal(2 + (3 * 2), engine.Snapshot.CachedBlockCount);

        Generation[] second = await engine.GenerateAllByHand(request);

        Assert.Equal(first.Select(one => one.TokenIds), second.Select(one => one.TokenIds));
        Assert.All(second, one => Assert.Equal(32, one.Summary.CachedTokenCount));
        Assert.Equal(2 + (3 * 2), engine.Snapshot.CachedBlockCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_RoomIsNeeded_EvictsWhatWasIdleForLongest()
    {
        await using var engine = new TestEngine(new FakeModelRunner(blockCount: 8));
        GenerationRequest old = TestEngine.Request(promptLength: 50, maxTokens: 10, firstToken: 0);
        GenerationRequest recent = TestEngine.Request(promptLength: 50, maxTokens: 10, firstToken: 60);
        await engine.GenerateByHand(old);
        await engine.GenerateByHand(recent);
        Assert.Equal((6, 2), (engine.Snapshot.CachedBlockCount, engine.Snapshot.FreeBlockCount));

        await engine.GenerateByHand(TestEngine.Request(promptLength: 60, maxTokens: 20, firstToken: 120));

        Assert.Equal(48, (await engine.GenerateByHand(recent)).Summary.CachedTokenCount);
        Assert.Equal(0, (await engine.GenerateByHand(old)).Summary.CachedTokenCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_SequenceFails_LeavesNothingOfThatStep()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 32));
        engine.Runner.Fault = context => context.Length > 40 ? SequenceFault.RawPoolExhausted : SequenceFault.None;

        await Assert.ThrowsAsync<EngineException>(
            () => engine.GenerateByHand(TestEngine.Request(promptLength: 70)));

        Assert.Equal(2, engine.Snapshot.CachedBlockCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_RunThrowsHavingWritten_LeavesNothingOfThatStep()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 32));
        await using var other = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength: 70);
        engine.Runner.Fault = context =>
            context.Length > 40 ? throw new InvalidOperationException("device lost") : SequenceFault.None;
        await Assert.ThrowsAsync<EngineException>(() => engine.GenerateByHand(request));
        Assert.Equal(2, engine.Snapshot.CachedBlockCount);
        engine.AssertClean();

        engine.Runner.Fault = _ => SequenceFault.None;
        Generation again = await engine.GenerateByHand(request);

        Assert.Equal(32, again.Summary.CachedTokenCount);
        Assert.Equal((await other.GenerateByHand(request)).TokenIds, again.TokenIds);
        engine.AssertClean();
    }

    // Whether the numbers came from the step itself or from what was cached long ago is not known.
    [Theory]
    [InlineData("fault")]
    [InlineData("logits")]
    [InlineData("prompt logits")]
    public async Task Step_NumbersNotFinite_LeavesNothingThatTheRequestUsed(string where)
    {
        await using var engine = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength: 40);
        await engine.GenerateByHand(TestEngine.Request(promptLength: 20, firstToken: 200));
        await engine.GenerateByHand(request);
        Assert.Equal(3, engine.Snapshot.CachedBlockCount);
        engine.Runner.Fault = _ => where == "fault" ? SequenceFault.NonFiniteOutput : SequenceFault.None;
        engine.Runner.Logits = (context, logits) =>
        {
            FakeModelRunner.PseudoRandomLogits(context, logits);
            logits[3] = where == "fault" ? logits[3] : float.NaN;
        };
        GenerationRequest failing = request with { PromptTopLogprobs = where == "prompt logits" ? 1 : null };
        await Assert.ThrowsAsync<EngineException>(() => engine.GenerateByHand(failing));

        Assert.Equal(1, engine.Snapshot.CachedBlockCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_NumbersOfOneNotFinite_OtherKeepsTheBlocksTheyShare()
    {
        await using var engine = new TestEngine();
        await using var other = new TestEngine();
        GenerationRequest healthy = TestEngine.Request(promptLength: 40, maxTokens: 30);
        Task<Generation> going = engine.Generate(healthy);
        engine.Step();
        engine.Step();
        engine.Runner.Logits = (context, logits) =>
        {
            FakeModelRunner.PseudoRandomLogits(context, logits);
            logits[3] = context.Length == 45 && context[^1] == 7 ? float.NaN : logits[3];
        };
        GenerationRequest doomed = healthy with { PromptTokenIds = [.. healthy.PromptTokenIds, 7, 7, 7, 7, 7] };
        await Assert.ThrowsAsync<EngineException>(() => engine.GenerateByHand(doomed));

        Assert.Equal((await other.GenerateByHand(healthy)).TokenIds, (await going).TokenIds);
        Assert.Equal(0, (await engine.GenerateByHand(healthy)).Summary.CachedTokenCount);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_RandomRequests_SayTheSameWithAndWithoutTheCache()
    {
        var random = new Random(5);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 60).Select(i => RandomRequest(random, i))];
        List<string> expected = await RunAll(requests, prefixCache: false);

        List<string> actual = await RunAll(requests, prefixCache: true);

        Assert.Equal(expected, actual);
    }

    // Each prompt is a block with a raw page and the pool has three; six prompts are cached in turn.
    [Fact]
    public async Task Step_RawPagesRunLow_EvictsIdleBlocksBeforeARequestFails()
    {
        await using var engine = new TestEngine(new FakeModelRunner(rawPageCount: 3) { RawToken = 250 });
        engine.Runner.CacheStatistics = default;
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 6; i++)
            {
                GenerationRequest request = TestEngine.Request(promptLength: 20, firstToken: 10 * i);
                int[] prompt = [250, .. request.PromptTokenIds.Skip(1)];
                Generation generation = await engine.GenerateByHand(request with { PromptTokenIds = prompt });
                Assert.Equal(5, generation.TokenIds.Count);
            }
        }

        Assert.InRange(engine.Runner.CacheStatistics.RawPagesUsed, 1, 3);
        engine.AssertClean();
    }

    [Fact]
    public async Task Step_RawPagesAreThere_EvictsNothing()
    {
        await using var engine = new TestEngine(new FakeModelRunner(rawPageCount: 12) { RawToken = 250 });
        engine.Runner.CacheStatistics = default;
        for (int i = 0; i < 6; i++)
        {
            GenerationRequest request = TestEngine.Request(promptLength: 20, firstToken: 10 * i);
            await engine.GenerateByHand(request with { PromptTokenIds = [250, .. request.PromptTokenIds.Skip(1)] });
        }

        Assert.Equal((6, 6), (engine.Runner.CacheStatistics.RawPagesUsed, engine.Snapshot.CachedBlockCount));
    }

    private static GenerationRequest RandomRequest(Random random, int number)
    {
        int[] prompt = [.. TestEngine.Request(90).PromptTokenIds.Take(random.Next(1, 90)), .. Tail(random)];
        return TestEngine.Request(maxTokens: random.Next(1, 40)) with
        {
            PromptTokenIds = prompt,
            SequenceCount = random.Next(4) == 0 ? random.Next(1, 5) : 1,
            CacheSalt = random.Next(5) == 0 ? "salt" : "",
            PromptTopLogprobs = random.Next(8) == 0 ? 0 : null,
            TopLogprobs = 0,
            Sampling = new SamplingParams { Temperature = random.Next(2), Seed = (ulong)(number % 3) },
        };
    }

    private static IEnumerable<int> Tail(Random random) => random.Next(2) == 0 ? [] : [random.Next(256)];

    private static async Task<List<string>> RunAll(GenerationRequest[] requests, bool prefixCache)
    {
        EngineOptions options = TestEngine.Options(running: 6, tokensPerStep: 40, queued: 100);
        options.PrefixCache = prefixCache;
        await using var engine = new TestEngine(new FakeModelRunner(blockCount: 50), options);
        List<Task<Generation[]>> running = [];
        foreach (GenerationRequest request in requests)
        {
            running.Add(engine.GenerateAll(request));
            engine.Step();
        }

        engine.StepUntilIdle();
        engine.AssertClean();
        Generation[][] all = await Task.WhenAll(running);
        Assert.Equal(prefixCache, all.SelectMany(one => one).Any(one => one.Summary.CachedTokenCount > 0));
        return [.. all.SelectMany(one => one).Select(one =>
            $"{string.Join(' ', one.TokenIds)} | {string.Join(' ', one.LogprobBits)}")];
    }
}
