using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

public class DeterminismTests
{
    [Fact]
    public async Task Generate_AloneOrInCompanyInAnyChunks_GivesTheSameTokens()
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 20).Select(RandomRequest)];
        await AssertSameAloneAndTogether(requests);
    }

    [Fact]
    public async Task Generate_EveryFeatureAloneOrInCompanyInAnyChunks_GivesTheSameTokensAndLogprobs()
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 20).Select(WithEverything)];
        List<Generation> generations = await AssertSameAloneAndTogether(requests);
        Assert.All(generations, generation => Assert.NotEmpty(generation.LogprobBits));
    }

    [Fact]
    public async Task Generate_OtherSeed_GivesOtherTokens()
    {
        await using var engine = new TestEngine();
        GenerationRequest request = RandomRequest(1);

        Generation one = await engine.GenerateByHand(request);
        Generation other = await engine.GenerateByHand(
            request with { Sampling = request.Sampling with { Seed = request.Sampling.Seed + 1 } });

        Assert.NotEqual(one.TokenIds, other.TokenIds);
    }

    private static GenerationRequest RandomRequest(int number)
    {
        var random = new Random(number);
        return TestEngine.Request(random.Next(1, 80), maxTokens: random.Next(10, 40), firstToken: random.Next(256)) with
        {
            Sampling = new SamplingParams
            {
                Temperature = 1f,
                TopK = number % 3 == 0 ? 40 : 0,
                TopP = number % 2 == 0 ? 0.9f : 1f,
                Seed = (ulong)number,
            },
        };
    }

    private static GenerationRequest WithEverything(int number)
    {
        GenerationRequest request = RandomRequest(number);
        var random = new Random(1000 + number);
        int[][] texts = [.. Enumerable.Range(0, 300).Select(_ => RandomTokens(random, random.Next(1, 30)))];
        return request with
        {
            Constraint = number % 2 == 0 ? new FakeConstraint(256, texts) : null,
            StopTokenIds = [256 + random.Next(40), 299],
            MinTokens = random.Next(0, 5),
            TopLogprobs = number,
            PromptTopLogprobs = number % 3 == 0 ? 20 - number : null,
            Sampling = request.Sampling with
            {
                Temperature = number % 5 == 0 ? 0 : 1.3f,
                TypicalP = 0.97f,
                MinP = 0.001f,
                RepetitionPenalty = 1.1f,
                PresencePenalty = 0.5f,
                FrequencyPenalty = 0.25f,
                LogitBias = [.. RandomTokens(random, 9).Distinct().Select(id => KeyValuePair.Create(id, id / 99f))],
                BannedTokenIds = number % 2 == 0 ? [] : RandomTokens(random, 9),
                AllowedTokenIds = number % 2 == 0 ? [] : RandomTokens(random, 200),
            },
        };
    }

    private static int[] RandomTokens(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(256))];

    private static async Task<List<Generation>> AssertSameAloneAndTogether(GenerationRequest[] requests)
    {
        List<Generation> alone = [];
        foreach (GenerationRequest request in requests)
        {
            await using var engine = new TestEngine(new FakeModelRunner(), TestEngine.Options(tokensPerStep: 1024));
            alone.Add(await engine.GenerateByHand(request));
        }

        foreach (int tokensPerStep in new[] { 16, 33, 100 })
        {
            await using var engine = new TestEngine(
                new FakeModelRunner(), TestEngine.Options(running: 6, tokensPerStep: tokensPerStep, queued: 20));
            Task<Generation>[] together = [.. requests.Select(request => engine.Generate(request))];
            engine.StepUntilIdle();

            for (int i = 0; i < requests.Length; i++)
            {
                Assert.Equal(alone[i].TokenIds, (await together[i]).TokenIds);
                Assert.Equal(alone[i].LogprobBits, (await together[i]).LogprobBits);
            }

            engine.AssertClean();
        }

        return alone;
    }
}
