using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests;

/// <summary>
/// Shared and copied blocks of a real model: not a bit of an answer may depend on them. The second checkpoint has
/// blocks that are wide and raw.
/// </summary>
public class GoldenSharingTests
{
    public static TheoryData<string, DataType, int> Cases => new()
    {
        { "gqa-hd48-f32", DataType.BFloat16, 16 },
        { "wide-values", DataType.BFloat16, 16 },
        { "wide-values", DataType.Float32, 32 },
        { "softmax-variant", DataType.BFloat16, 32 },
    };

    [Theory]
    [InlineData("gqa-hd48-f32")]
    [InlineData("softmax-variant")]
    public async Task Generate_Greedy_IsTheReferencesText(string name)
    {
        await using var engine = new GoldenEngine(name, Options(DataType.Float32, 32, prefixCache: true));
        for (int i = 0; i < 2; i++)
        {
            Generation[] generations = await engine.GenerateByHand(Request(engine) with
            {
                Sampling = new SamplingParams { Temperature = 0 },
                MaxTokens = 128,
                SequenceCount = 2,
            });

            Assert.All(generations, generation => Assert.Equal(engine.Greedy, generation.TokenIds));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Generate_CachedPrefix_GivesTheSameBits(string name, DataType type, int blockSize)
    {
        await using var cached = new GoldenEngine(name, Options(type, blockSize, prefixCache: true));
        await using var plain = new GoldenEngine(name, Options(type, blockSize, prefixCache: false));
        int[] text = [.. cached.Prompt, .. cached.Greedy];
        int found = 0;
        foreach (int length in new[] { 33, 90, 40, 130, 129, 130, 64, 65, 17 })
        {
            GenerationRequest request = Request(cached) with { PromptTokenIds = text[..length] };

            Generation expected = Assert.Single(await plain.GenerateByHand(request));
            Generation actual = Assert.Single(await cached.GenerateByHand(request));

            AssertSame(expected, actual);
            found += actual.Summary.CachedTokenCount;
        }

        Assert.True(found > 300, $"Only {found} tokens were found in the cache.");
        Assert.Equal(0, cached.Engine.Snapshot.UsedBlockCount);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Generate_SeveralSequences_GiveTheBitsOfEachAlone(string name, DataType type, int blockSize)
    {
        await using var together = new GoldenEngine(name, Options(type, blockSize, prefixCache: true));
        await using var alone = new GoldenEngine(name, Options(type, blockSize, prefixCache: false));
        int[] text = [.. together.Prompt, .. together.Greedy];
        foreach (int length in new[] { 20, 32, 47, 75 })
        {
            GenerationRequest request =
                Request(together) with { PromptTokenIds = text[..length], SequenceCount = 4, MaxTokens = 60 };

            Generation[] generations = await together.GenerateByHand(request);

            Assert.Equal(4, generations.Select(one => string.Join(' ', one.TokenIds)).Distinct().Count());
            AssertSame(Assert.Single(await alone.GenerateByHand(request with { SequenceCount = 1 })), generations[0]);
            foreach (Generation one in generations)
            {
                // The bits of the others are those of their own text, read as a prompt.
                Generation read = Assert.Single(await alone.GenerateByHand(Request(alone) with
                {
                    PromptTokenIds = [.. request.PromptTokenIds, .. one.TokenIds],
                    PromptTopLogprobs = 2,
                }));
                Assert.Equal(Bits(one.Logprobs), Bits(read.PromptLogprobs.Skip(length - 1)));
            }
        }
    }

    // Each prompt leaves raw pages with its prefix, all together more than there are: the cache gives way, and no
    // request fails.
    [Fact]
    public async Task Generate_RawPagesRunLow_EvictsPrefixesAndFailsNothing()
    {
        await using var engine = new GoldenEngine("wide-values", Options(DataType.BFloat16, 32, prefixCache: true));
        int[] text = [.. engine.Prompt, .. engine.Greedy];
        int mostInUse = 0;
        for (int i = 0; i < 30; i++)
        {
            GenerationRequest request = Request(engine) with { PromptTokenIds = [i, .. text[..126]] };
            Assert.Equal(20, Assert.Single(await engine.GenerateByHand(request)).TokenIds.Count);
            mostInUse = Math.Max(mostInUse, engine.Engine.Snapshot.Cache.RawPagesUsed);
        }

        EngineSnapshot snapshot = engine.Engine.Snapshot;
        Assert.InRange(mostInUse, engine.RawPageCount / 2, engine.RawPageCount);
        Assert.True(snapshot.Cache.RawBlocks > 2 * engine.RawPageCount, $"{snapshot.Cache} of {engine.RawPageCount}");
        Assert.Equal(snapshot.TotalBlockCount, snapshot.FreeBlockCount + snapshot.CachedBlockCount);
    }

    // Computed as a decode, one by one, or as a prompt after it gave way: the same bits.
    [Theory]
    [InlineData("gqa-hd48-f32", DataType.BFloat16, 16)]
    [InlineData("wide-values", DataType.Float32, 32)]
    [InlineData("softmax-variant", DataType.BFloat16, 32)]
    public async Task Generate_GivesWayAndIsComputedAgain_GivesTheSameBits(string name, DataType type, int blockSize)
    {
        EngineOptions options = Options(type, blockSize, prefixCache: false);
        options.KvCacheMebibytes = 1;
        options.MaxRunningSequences = 32;
        options.Admission = AdmissionMode.Optimistic;
        await using var crowded = new GoldenEngine(name, options);
        await using var alone = new GoldenEngine(name, Options(type, blockSize, prefixCache: false));
        int[] text = [.. alone.Prompt, .. alone.Greedy];
        int perSequence = 100 + (int)Math.Min(text.Length - 100, crowded.CacheTokens / 16);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 24).Select(i => Request(alone) with
        {
            PromptTokenIds = text[..(40 + (i % 37))],
            MaxTokens = perSequence - 77,
            SequenceCount = i % 5 == 0 ? 2 : 1,
            Sampling = new SamplingParams { Temperature = 1, Seed = (ulong)i },
        })];
        Task<Generation[]>[] together = [.. requests.Select(crowded.Generate)];
        while (crowded.Step())
        {
        }

        for (int i = 0; i < requests.Length; i++)
        {
            Generation[] expected = await alone.GenerateByHand(requests[i]);
            Generation[] actual = await together[i];
            Assert.Equal(expected.Length, actual.Length);
            for (int j = 0; j < expected.Length; j++)
            {
                AssertSame(expected[j], actual[j]);
            }
        }

        Assert.True(crowded.Engine.Snapshot.PreemptionCount > 2, $"{crowded.Engine.Snapshot.PreemptionCount} gave way.");
        Assert.Equal(0, crowded.Engine.Snapshot.UsedBlockCount);
    }

    private static void AssertSame(Generation expected, Generation actual)
    {
        Assert.Equal(expected.TokenIds, actual.TokenIds);
        Assert.Equal(expected.LogprobBits, actual.LogprobBits);
    }

    private static IEnumerable<(int TokenId, int Bits)> Bits(IEnumerable<TokenLogprob> logprobs) =>
        logprobs.Select(one => (one.TokenId, BitConverter.SingleToInt32Bits(one.Logprob)));

    private static GenerationRequest Request(GoldenEngine engine) => new()
    {
        Id = "test",
        PromptTokenIds = engine.Prompt,
        MaxTokens = 20,
        TopLogprobs = 2,
        Sampling = new SamplingParams { Temperature = 1, Seed = 9 },
    };

    private static EngineOptions Options(DataType type, int blockSize, bool prefixCache) => new()
    {
        MaxRunningSequences = 4,
        MaxTokensPerStep = 48,
        KvCacheMebibytes = 2,
        CacheType = type,
        BlockSize = blockSize,
        PrefixCache = prefixCache,
    };
}
