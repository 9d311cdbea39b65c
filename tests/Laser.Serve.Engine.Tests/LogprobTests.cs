using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>Log-probabilities on their way through the engine.</summary>
public class LogprobTests
{
    [Fact]
    public async Task Generate_LogprobsWanted_AreThoseOfEachTokensContext()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = TestEngine.Request(promptLength: 20, maxTokens: 8) with
        {
            Sampling = new SamplingParams { Temperature = 2f, TopP = 0.9f, PresencePenalty = 1f, Seed = 4 },
            TopLogprobs = 3,
        };

        Generation generation = await engine.GenerateByHand(request);

        int[] all = [.. request.PromptTokenIds, .. generation.TokenIds];
        AssertAreOfTheModel(all, firstPosition: 20, generation.Logprobs, topCount: 3);
        Assert.Equal(8, generation.Logprobs.Count);
        Assert.Empty(generation.PromptLogprobs);
        engine.AssertClean();
    }

    [Theory]
    [InlineData(0, 1024)]
    [InlineData(5, 16)]
    [InlineData(20, 33)]
    public async Task Generate_PromptLogprobsWanted_AreOfAllPromptTokensButTheFirst(int topCount, int tokensPerStep)
    {
        await using var engine = new TestEngine(options: TestEngine.Options(tokensPerStep: tokensPerStep));
        GenerationRequest request = TestEngine.Request(promptLength: 100) with { PromptTopLogprobs = topCount };

        Generation generation = await engine.GenerateByHand(request);

        AssertAreOfTheModel([.. request.PromptTokenIds], firstPosition: 1, generation.PromptLogprobs, topCount);
        Assert.Equal(99, generation.PromptLogprobs.Count);
        Generation without = await engine.GenerateByHand(TestEngine.Request(promptLength: 100));
        Assert.Equal(without.TokenIds, generation.TokenIds);
        engine.AssertClean();
    }

    [Fact]
    public async Task Generate_PromptOfOneToken_HasNoPromptLogprobs()
    {
        await using var engine = new TestEngine();

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(promptLength: 1) with { PromptTopLogprobs = 2 });

        Assert.Empty(generation.PromptLogprobs);
        Assert.Equal(5, generation.TokenIds.Count);
    }

    [Fact]
    public async Task Generate_FirstTokenIsAStopToken_PromptLogprobsComeWithTheEnd()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = FakeModelRunner.Always(_ => 299);

        Generation generation = await engine.GenerateByHand(
            TestEngine.Request(promptLength: 4) with { StopTokenIds = [299], PromptTopLogprobs = 0, TopLogprobs = 0 });

        Assert.Empty(generation.TokenIds);
        Assert.Empty(generation.Logprobs);
        Assert.Equal(3, generation.PromptLogprobs.Count);
    }

    // The row is not the one that is sampled from: only scoring sees it.
    [Fact]
    public async Task Generate_PromptRowNotFinite_FailsThatRequestOnly()
    {
        await using var engine = new TestEngine();
        engine.Runner.Logits = (context, logits) =>
        {
            FakeModelRunner.PseudoRandomLogits(context, logits);
            logits[5] = context.Length == 2 ? float.NaN : 1;
        };
        Task<Generation> scored = engine.Generate(TestEngine.Request(promptLength: 4) with { PromptTopLogprobs = 1 });
        Task<Generation> unscored = engine.Generate(TestEngine.Request(promptLength: 4));

        engine.StepUntilIdle();

        Assert.Equal(EngineError.NonFinite, (await Assert.ThrowsAsync<EngineException>(() => scored)).Error);
        Assert.Equal(5, (await unscored).TokenIds.Count);
        engine.AssertClean();
    }

    private static void AssertAreOfTheModel(
        int[] tokenIds, int firstPosition, IReadOnlyList<TokenLogprob> logprobs, int topCount)
    {
        var logits = new float[300];
        for (int i = 0; i < logprobs.Count; i++)
        {
            int position = firstPosition + i;
            FakeModelRunner.PseudoRandomLogits(tokenIds[..position], logits);
            double logSum = Math.Log(logits.Sum(logit => Math.Exp(logit)));
            int[] order = [.. Enumerable.Range(0, 300).OrderByDescending(id => logits[id]).ThenBy(id => id)];

            Assert.Equal(tokenIds[position], logprobs[i].TokenId);
            Assert.Equal(logits[tokenIds[position]] - logSum, logprobs[i].Logprob, 1e-5);
            Assert.Equal(Array.IndexOf(order, tokenIds[position]) + 1, logprobs[i].Rank);
            Assert.Equal(order.Take(topCount), logprobs[i].Top.Select(top => top.TokenId));
            Assert.All(logprobs[i].Top, top => Assert.Equal(logits[top.TokenId] - logSum, top.Logprob, 1e-5));
        }
    }
}
