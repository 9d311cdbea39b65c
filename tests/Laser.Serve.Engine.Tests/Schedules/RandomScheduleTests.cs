using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Schedules;

/// <summary>
/// Whatever comes beside it, a request gets what it gets alone, to the bit: over thousands of schedules with different
/// limits, block sizes, cache sizes, clocks and neighbours that come and go.
/// </summary>
public class RandomScheduleTests
{
    private const string GoldenName = "gqa-hd48-f32";

    private static readonly int[] BlockSizes = [16, 32, 64, 128];
    private static readonly int[] Targets = [0, 5, 50];

    private int _answered;
    private int _cached;
    private int _cancelled;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_ThousandSchedules_GiveEachRequestWhatItGetsAlone(int thousand)
    {
        AnswersAlone alone = await RunFakeAlone();
        for (int seed = 1000 * thousand; seed < 1000 * (thousand + 1); seed++)
        {
            Assert.True(await RunFake(seed, alone, flaw: null) == 0, $"Schedule {seed} changes an answer.");
        }

        Assert.True(_answered > 3000, $"Only {_answered} answers were compared.");
        Assert.True(_cached > 20_000, $"Only {_cached} tokens were found in the cache.");
        Assert.True(_cancelled > 300, $"Only {_cancelled} requests were cancelled.");
    }

    // A model's bits depend on the size of its blocks: that is one for all requests, and their neighbours have no part
    // in it.
    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public async Task Run_RealModel_GivesEachRequestWhatItGetsAlone(int blockSize)
    {
        await using var undisturbed = new GoldenEngine(GoldenName, AloneOptions(blockSize));
        AnswersAlone alone = new(
            RandomRequests.Create(seed: 2, count: 50, tokenEnd: 80),
            request => RandomSchedule.RunAlone(undisturbed.Engine, request));
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            EngineOptions options = Options(random);
            options.BlockSize = blockSize;
            await using var engine = new GoldenEngine(GoldenName, options);
            Assert.True(Compare(random, engine.Engine, options, alone) == 0, $"Schedule {seed} changes an answer.");
        }

        Assert.True(_answered > 200, $"Only {_answered} answers were compared.");
        Assert.True(_cached > 100, $"Only {_cached} tokens were found in the cache.");
    }

    // The last bit of a logit depends on how many rows the step has, as with kernels that split sums by the size of a
    // batch.
    [Fact]
    public async Task Run_LogitsDependOnTheBatch_IsFound()
    {
        AnswersAlone alone = await RunFakeAlone();
        int different = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            different += await RunFake(
                seed, alone, static (rows, logits) => logits[rows] = MathF.BitIncrement(logits[rows]));
        }

        Assert.True(different > 10, $"Only {different} answers were different.");
    }

    private static async Task<AnswersAlone> RunFakeAlone()
    {
        await using var engine = new TestEngine(new FakeModelRunner(maxContextLength: 200), AloneOptions(16));
        return new AnswersAlone(
            RandomRequests.Create(seed: 1, count: 150, tokenEnd: 256),
            request => RandomSchedule.RunAlone(engine.Engine, request));
    }

    private async Task<int> RunFake(int seed, AnswersAlone alone, Action<int, Span<float>>? flaw)
    {
        var random = new Random(seed);
        EngineOptions options = Options(random);
        int blocks = RandomRequests.MostSequences * ((RandomRequests.LongestSequence / options.BlockSize) + 1);
        var runner = new FakeModelRunner(
            blocks + random.Next(30), options.MaxRunningSequences, maxContextLength: 200, blockSize: options.BlockSize);
        await using var engine = new TestEngine(runner, options);
        int rows = 0;
        runner.BeforeRun = batch =>
        {
            rows = batch.TokenCount;
            engine.Time.Advance(TimeSpan.FromMilliseconds((rows * random.NextDouble()) + random.Next(3)));
        };
        runner.Logits = (context, logits) =>
        {
            FakeModelRunner.PseudoRandomLogits(context, logits);
            flaw?.Invoke(rows, logits);
        };
        if (random.Next(2) == 0)
        {
            engine.Engine.Calibrate();
        }

        int different = Compare(random, engine.Engine, options, alone);
        engine.AssertClean();
        return different;
    }

    private int Compare(Random random, InferenceEngine engine, EngineOptions options, AnswersAlone alone)
    {
        var schedule = new RandomSchedule(
            random, [.. alone.Requests.Where(request => request.SequenceCount <= options.MaxRunningSequences)]);
        List<(GenerationRequest Request, int[] Answer)> answers = schedule.Run(engine);
        _answered += answers.Count;
        _cached += schedule.CachedTokenCount;
        _cancelled += schedule.CancelledCount;
        return answers.Count(one => !one.Answer.SequenceEqual(alone.To(one.Request)));
    }

    private static EngineOptions AloneOptions(int blockSize) => new()
    {
        MaxRunningSequences = RandomRequests.MostSequences,
        MaxTokensPerStep = 256,
        KvCacheMebibytes = 4,
        BlockSize = blockSize,
        PrefixCache = false,
    };

    private static EngineOptions Options(Random random) => new()
    {
        MaxRunningSequences = random.Next(1, 9),
        MaxTokensPerStep = random.Next(16, random.Next(2) == 0 ? 40 : 200),
        TargetStepMilliseconds = Targets[random.Next(Targets.Length)],
        BlockSize = BlockSizes[random.Next(BlockSizes.Length)],
        KvCacheMebibytes = random.Next(2, 5),
        PrefixCache = random.Next(4) > 0,
    };
}
