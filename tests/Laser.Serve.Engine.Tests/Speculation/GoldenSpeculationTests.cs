using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Speculation;

/// <summary>
/// Guesses in the blocks of a real model, which are wide and raw in one of the checkpoints: not a bit of an answer, and
/// no count of what is in the blocks, may depend on them.
/// </summary>
public class GoldenSpeculationTests
{
    [Theory]
    [InlineData("gqa-hd48-f32", DataType.BFloat16, 16)]
    [InlineData("wide-values", DataType.BFloat16, 16)]
    [InlineData("wide-values", DataType.Float32, 32)]
    [InlineData("softmax-variant", DataType.BFloat16, 32)]
    public async Task Generate_WithGuesses_GivesTheSameBits(string name, DataType type, int blockSize)
    {
        await using var plain = new GoldenEngine(name, Options(type, blockSize, speculativeTokens: 0));
        await using var guessing = new GoldenEngine(name, Options(type, blockSize, speculativeTokens: 6));
        using var counts = new SpeculationCounts(guessing.Meter);
        int[] text = [.. plain.Prompt, .. plain.Greedy];
        foreach (int length in new[] { 16, 31, 40, 47, 75 })
        {
            // Of three tokens something is always repeated, if only by chance.
            GenerationRequest request = new()
            {
                Id = "test",
                PromptTokenIds = text[..length],
                MaxTokens = 120,
                SequenceCount = length % 2 == 0 ? 1 : 3,
                TopLogprobs = 2,
                Sampling = new SamplingParams { Seed = (ulong)length, AllowedTokenIds = [5, 17, 40] },
            };

            Generation[] expected = await plain.GenerateByHand(request);
            Generation[] actual = await guessing.GenerateByHand(request);

            Assert.Equal(expected.Length, actual.Length);
            foreach ((Generation one, Generation other) in expected.Zip(actual))
            {
                Assert.Equal(one.TokenIds, other.TokenIds);
                Assert.Equal(one.LogprobBits, other.LogprobBits);
            }

            // Raw pages in use are also those of prefixes that were kept, which steps of other shapes evict otherwise.
            KvCacheStatistics statistics = guessing.Engine.Snapshot.Cache;
            Assert.Equal(plain.Engine.Snapshot.Cache with { RawPagesUsed = statistics.RawPagesUsed }, statistics);
        }

        Assert.InRange(counts.Accepted, 20, counts.Drafted - 20);
    }

    [Theory]
    [InlineData("gqa-hd48-f32")]
    [InlineData("softmax-variant")]
    public async Task Generate_Greedy_IsTheReferencesText(string name)
    {
        await using var engine = new GoldenEngine(name, Options(DataType.Float32, 32, speculativeTokens: 4));
        Generation[] generations = await engine.GenerateByHand(new GenerationRequest
        {
            Id = "test",
            PromptTokenIds = engine.Prompt,
            MaxTokens = engine.Greedy.Length,
            Sampling = new SamplingParams { Temperature = 0 },
        });

        Assert.Equal(engine.Greedy, Assert.Single(generations).TokenIds);
    }

    private static EngineOptions Options(DataType type, int blockSize, int speculativeTokens) => new()
    {
        MaxRunningSequences = 4,
        MaxTokensPerStep = 48,
        KvCacheMebibytes = 2,
        CacheType = type,
        BlockSize = blockSize,
        SpeculativeTokens = speculativeTokens,
    };
}
