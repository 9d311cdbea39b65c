using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>Several sequences of one request.</summary>
public class SequenceCountTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(47)]
    [InlineData(48)]
    public async Task Generate_Several_ComputesThePromptOnceAndGivesEachItsOwnText(int promptLength)
    {
        await using var engine = new TestEngine();
        await using var alone = new TestEngine(options: Uncached());
        GenerationRequest request = Request(promptLength, sequenceCount: 4);

        Generation[] four = await engine.GenerateAllByHand(request);

        Assert.Equal(4, four.Select(generation => string.Join(',', generation.TokenIds)).Distinct().Count());
        Generation single = await alone.GenerateByHand(request with { SequenceCount = 1 });
        Assert.Equal(single.TokenIds, four[0].TokenIds);
        Assert.Equal(single.Text, four[0].Text);
        Assert.Equal(single.LogprobBits, four[0].LogprobBits);
        Generation[] three = await alone.GenerateAllByHand(request with { SequenceCount = 3 });
        Assert.Equal(four[..3].Select(one => one.TokenIds), three.Select(one => one.TokenIds));
        Assert.Equal(promptLength + (4 * 29), engine.Runner.Steps.Sum(tokens => tokens.Sum()));
        Assert.Equal(promptLength % 16 == 0 ? 0 : 3, engine.Runner.CopyCount);
        engine.AssertClean();
    }

    // What a sequence says depends on its own tokens alone: it is what one would say that has them in its prompt.
    [Fact]
    public async Task Generate_Several_EachGoesOnFromItsOwnTokens()
    {
        await using var engine = new TestEngine();
        await using var alone = new TestEngine(options: Uncached());
        GenerationRequest request = Request(20, sequenceCount: 3) with { MaxTokens = 20 };
        Generation[] generations = await engine.GenerateAllByHand(request);

        foreach (Generation generation in generations)
        {
            GenerationRequest scored = TestEngine.Request() with
            {
                PromptTokenIds = [.. request.PromptTokenIds, .. generation.TokenIds],
                PromptTopLogprobs = 0,
            };
            Generation check = await alone.GenerateByHand(scored);
            Assert.Equal(
                generation.Logprobs.Select(logprob => logprob.Logprob),
                check.PromptLogprobs.Skip(19).Select(logprob => logprob.Logprob));
        }
    }

    [Fact]
    public async Task Generate_SequencesOfDifferentLengths_EndEachAndFreeTheirBlocks()
    {
        await using var engine = new TestEngine(options: Uncached());
        GenerationRequest request = Request(20, sequenceCount: 3) with { MaxTokens = 44 };
        Generation[] free = await engine.GenerateAllByHand(request);
        int[] stops = [free[0].TokenIds[5], free[1].TokenIds[15], free[2].TokenIds[30]];
        int[] ends = [.. free.Select(one => 1 + one.TokenIds.ToList().FindIndex(id => stops.Contains(id)))];
        Assert.Equal(3, ends.Distinct().Count());

        Task<Generation[]> stopped = engine.GenerateAll(request with { StopTokenIds = stops });
        for (int token = 1; engine.Step(); token++)
        {
            int living = ends.Count(end => end > token);
            Assert.Equal(living, engine.Snapshot.RunningCount);

            // A full block in common, and three of its own for each: 20 + 44 - 1 tokens.
            Assert.Equal(living == 0 ? 0 : 1 + (living * 3), engine.Snapshot.UsedBlockCount);
        }

        Assert.Equal(ends, (await stopped).Select(one => one.Summary.GeneratedTokenCount));
        Assert.All(await stopped, one => Assert.Equal(FinishReason.Stop, one.Summary.FinishReason));
        engine.AssertClean();
    }

    // The first sequence, which computed the prompt, is the first to go.
    [Fact]
    public async Task Generate_FirstSequenceEndsAtItsFirstToken_OthersGoOn()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = Request(20, sequenceCount: 4) with { MaxTokens = 10 };
        Generation[] free = await engine.GenerateAllByHand(request);
        int stop = free[0].TokenIds[0];
        Assert.DoesNotContain(free[1..], generation => generation.TokenIds.Contains(stop));

        Generation[] stopped = await engine.GenerateAllByHand(request with { StopTokenIds = [stop] });

        Assert.Empty(stopped[0].TokenIds);
        Assert.Equal(free[1..].Select(one => one.TokenIds), stopped[1..].Select(one => one.TokenIds));
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_OneTokenEach_EndsWithThePrompt()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: 64));

        Generation[] generations = await engine.GenerateAllByHand(
            Request(33, sequenceCount: 8) with { MaxTokens = 1 });

        Assert.All(generations, generation => Assert.Single(generation.TokenIds));
        Assert.Equal([33], Assert.Single(engine.Runner.Steps));
        engine.AssertClean();
    }

    [Fact]
    public async Task GenerateAsync_Outputs_AreInterleavedAndEachSequenceEndsOnce()
    {
        await using var engine = new TestEngine();
        List<TokenOutput> outputs = [];
        await using IAsyncEnumerator<TokenOutput> reader = engine.Engine
            .GenerateAsync(Request(5, sequenceCount: 2) with { MaxTokens = 3, TopLogprobs = null }, default)
            .GetAsyncEnumerator();
        foreach (int expected in new[] { 2, 2, 4 })
        {
            ValueTask<bool> next = reader.MoveNextAsync();
            engine.Step();
            for (int i = 0; i < expected; i++)
            {
                Assert.True(await (i == 0 ? next : reader.MoveNextAsync()));
                outputs.Add(reader.Current);
            }
        }

        Assert.False(await reader.MoveNextAsync());
        Assert.Equal([0, 1, 0, 1, 0, 0, 1, 1], outputs.Select(output => output.Index));
        Assert.Equal([5, 7], outputs.Index().Where(item => item.Item.Final is not null).Select(item => item.Index));
    }

    [Fact]
    public async Task GenerateAsync_Several_TakeOnePlaceOfTheQueue()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 4, queued: 1));
        Task<Generation[]> first = engine.GenerateAll(Request(5, sequenceCount: 4));
        EngineException refused = await Assert.ThrowsAsync<EngineException>(
            () => engine.Generate(TestEngine.Request()));
        Assert.Equal(EngineError.Overloaded, refused.Error);
        engine.Step();

        Task<Generation[]> second = engine.GenerateAll(Request(5, sequenceCount: 4));
        engine.Step();
        Assert.Equal((4, 1), (engine.Snapshot.RunningCount, engine.Snapshot.WaitingCount));
        engine.StepUntilIdle();
        Assert.Equal(8, (await first).Length + (await second).Length);
        engine.AssertClean();
    }

    [Theory]
    [InlineData(9, 10, "9 sequences are asked for; 8 can run at a time.")]
    [InlineData(8, 120, "take 65 blocks of the cache; it has 64")]
    public async Task GenerateAsync_GroupThatNeverFits_IsRefused(int sequenceCount, int maxTokens, string message)
    {
        await using var engine = new TestEngine();

        EngineException refused = await Assert.ThrowsAsync<EngineException>(
            () => engine.GenerateAll(Request(19, sequenceCount) with { MaxTokens = maxTokens }));

        Assert.Equal(EngineError.PromptTooLong, refused.Error);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(8, engine.Engine.MaxSequenceCount);
    }

    [Fact]
    public async Task GenerateAsync_GroupThatJustFits_IsServed()
    {
        await using var engine = new TestEngine();

        Generation[] generations = await engine.GenerateAllByHand(
            Request(19, sequenceCount: 8) with { MaxTokens = 110, TopLogprobs = null });

        Assert.All(generations, generation => Assert.Equal(110, generation.TokenIds.Count));
        engine.AssertClean();
    }

    public static TheoryData<string> Failures => ["fault", "logits", "copy", "step"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Step_OneSequenceFails_FailsTheRequestAndFreesAllOfIt(string failure)
    {
        await using var engine = new TestEngine();
        int[] doomed = FakeTokenizer.Tokens("doomed");
        Task<Generation[]> failing = engine.GenerateAll(Request(20, sequenceCount: 3) with { PromptTokenIds = doomed });
        Task<Generation> healthy = engine.Generate(TestEngine.Request(promptLength: 9, maxTokens: 12));
        bool late = failure is "fault" or "logits";
        bool Hits(int[] context) =>
            context[0] == doomed[0] && context.Length > doomed.Length + 2 && context[^1] % 2 == 0;
        engine.Runner.Fault = context =>
            failure == "fault" && Hits(context) ? SequenceFault.NonFiniteOutput : SequenceFault.None;
        engine.Runner.Logits = (context, logits) =>
        {
            FakeModelRunner.PseudoRandomLogits(context, logits);
            logits[7] = failure == "logits" && Hits(context) ? float.NaN : logits[7];
        };
        engine.Runner.CopyFailure = failure == "copy" ? new InvalidOperationException("device lost") : null;
        if (failure == "step")
        {
            engine.Step();
            engine.Runner.BeforeRun = _ => throw new InvalidOperationException("device lost");
        }

        do
        {
            Assert.True(engine.Step());
        }
        while (engine.Snapshot.RunningCount > 1);

        Assert.Equal(failure == "step" ? 0 : 1, engine.Snapshot.RunningCount);
        Assert.Equal(failure == "step" ? 0 : 2, engine.Snapshot.UsedBlockCount);
        EngineException exception = await Assert.ThrowsAsync<EngineException>(() => failing);
        Assert.Equal(late ? EngineError.NonFinite : EngineError.StepFailed, exception.Error);
        engine.StepUntilIdle();
        if (failure == "step")
        {
            await Assert.ThrowsAsync<EngineException>(() => healthy);
        }
        else
        {
            Assert.Equal(12, (await healthy).TokenIds.Count);
        }

        engine.AssertClean();
    }

    private static EngineOptions Uncached()
    {
        EngineOptions options = TestEngine.Options();
        options.PrefixCache = false;
        return options;
    }

    private static GenerationRequest Request(int promptLength, int sequenceCount) =>
        TestEngine.Request(promptLength, maxTokens: 30) with
        {
            SequenceCount = sequenceCount,
            Sampling = new SamplingParams { Temperature = 1f, Seed = 77 },
            TopLogprobs = 0,
        };
}
