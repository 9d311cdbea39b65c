using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

public class DeterminismTests
{
    [Fact]
    public async Task Generate_AloneOrInCompanyInAnyChunks_GivesTheSameTokens()
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 20).Select(RandomRequest)];
        List<IReadOnlyList<int>> alone = [];
        foreach (GenerationRequest request in requests)
        {
            await using var engine = new TestEngine(new FakeModelRunner(), TestEngine.Options(tokensPerStep: 1024));
            alone.Add((await engine.GenerateByHand(request)).TokenIds);
        }

        foreach (int tokensPerStep in new[] { 16, 33, 100 })
        {
            await using var engine = new TestEngine(
                new FakeModelRunner(), TestEngine.Options(running: 6, tokensPerStep: tokensPerStep, queued: 20));
            Task<Generation>[] together = [.. requests.Select(request => engine.Generate(request))];
            engine.StepUntilIdle();

            for (int i = 0; i < requests.Length; i++)
            {
                Assert.Equal(alone[i], (await together[i]).TokenIds);
            }

            engine.AssertClean();
        }
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
}
