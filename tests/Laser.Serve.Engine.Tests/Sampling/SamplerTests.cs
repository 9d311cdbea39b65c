using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Sampling;

public class SamplerTests
{
    private const int Vocabulary = 1500;

    private readonly Sampler _sampler = new(Vocabulary);

    [Fact]
    public void TrySample_Greedy_TakesTheLowestOfEqualMaxima()
    {
        float[] logits = Logits(1);
        (logits[700], logits[41], logits[1400]) = (9, 9, 9);

        Assert.Equal(41, Sample(logits, new SamplingParams { Temperature = 0 }));
    }

    [Theory]
    [InlineData(float.NaN, 0f)]
    [InlineData(float.PositiveInfinity, 0f)]
    [InlineData(float.NaN, 1f)]
    [InlineData(float.NegativeInfinity, 1f)]
    public void TrySample_NonFiniteLogit_IsRefused(float bad, float temperature)
    {
        float[] logits = Logits(1);
        logits[^1] = bad;

        Assert.False(_sampler.TrySample(logits, State(new SamplingParams { Temperature = temperature }), 0, out _));
    }

    [Theory]
    [InlineData(2, 1f, 0, 1f)]
    [InlineData(2, 0.5f, 0, 1f)]
    [InlineData(2, 1f, 5, 1f)]
    [InlineData(2, 1f, 1, 1f)]
    [InlineData(2, 1f, 0, 0.8f)]
    [InlineData(2, 1f, 0, 1e-12f)]
    [InlineData(2, 2f, 40, 0.5f)]
    [InlineData(2, 100f, 1499, 0.999f)]
    [InlineData(2, 1f, 5000, 1f)]
    [InlineData(0, 1f, 0, 0.9f)]
    [InlineData(0, 1f, 700, 0.9f)]
    public void TrySample_ManyPositions_FollowTheDistribution(int steepness, float temperature, int topK, float topP)
    {
        const int Draws = 10_000;
        float[] logits = Logits(2, steepness);
        var sampling = new SamplingParams { Temperature = temperature, TopK = topK, TopP = topP, Seed = 12345 };
        var counts = new int[Vocabulary];
        for (int position = 0; position < Draws; position++)
        {
            counts[Sample(logits, sampling, position)]++;
        }

        double[] expected = ExpectedProbabilities(logits, temperature, topK, topP);
        Assert.All(Enumerable.Range(0, Vocabulary), id => Assert.True(expected[id] > 0 || counts[id] == 0));
        AssertFits(counts, expected, Draws);
    }

    [Fact]
    public void AssertFits_WrongDistribution_Fails()
    {
        float[] logits = Logits(2);
        var counts = new int[Vocabulary];
        for (int position = 0; position < 20_000; position++)
        {
            counts[Sample(logits, new SamplingParams { Temperature = 1f, Seed = 12345 }, position)]++;
        }

        double[] slightlyHotter = ExpectedProbabilities(logits, temperature: 1.1f, topK: 0, topP: 1);
        Assert.ThrowsAny<Exception>(() => AssertFits(counts, slightlyHotter, 20_000));
    }

    [Fact]
    public void TrySample_SameArguments_GiveTheSameTokenWhateverCameBefore()
    {
        var sampling = new SamplingParams { Temperature = 1f, TopK = 50, TopP = 0.9f, Seed = 7 };
        int first = Sample(Logits(3), sampling, position: 17);
        for (int i = 0; i < 20; i++)
        {
            Sample(Logits(i), sampling with { TopK = i, TopP = 1 - (i / 40f) }, position: i);
        }

        Assert.Equal(first, Sample(Logits(3), sampling, position: 17));
        Assert.Equal(first, Sample(new Sampler(Vocabulary), Logits(3), sampling, position: 17));
    }

    [Fact]
    public void TrySample_AllLogitsEqual_CanGiveAnyTokenThatIsAllowed()
    {
        var logits = new float[Vocabulary];
        var sampling = new SamplingParams { Temperature = 1f, TopK = 3 };

        IEnumerable<int> tokens = Enumerable.Range(0, 100).Select(position => Sample(logits, sampling, position));

        Assert.Equal([0, 1, 2], tokens.Distinct().Order());
    }

    [Fact]
    public void TrySample_WarmedUp_AllocatesNothing()
    {
        float[] logits = Logits(4);
        var row = new float[Vocabulary];
        SamplingParams[] all =
        [
            new() { Temperature = 0 },
            new(),
            new() { TopK = 20 },
            new() { TopP = 0.9f },
            new() { TopK = 20, TopP = 0.9f },
        ];
        SamplingState[] states = [.. all.Select(State)];
        SampleAll();

        long before = GC.GetAllocatedBytesForCurrentThread();
        SampleAll();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void SampleAll()
        {
            foreach (SamplingState state in states)
            {
                logits.CopyTo(row, 0);
                _sampler.TrySample(row, state, 0, out _);
            }
        }
    }

    private int Sample(float[] logits, SamplingParams sampling, int position = 0) =>
        Sample(_sampler, logits, sampling, position);

    private static int Sample(Sampler sampler, float[] logits, SamplingParams sampling, int position)
    {
        float[] row = [.. logits];
        Assert.True(sampler.TrySample(row, State(sampling), position, out SampledToken token));
        return token.TokenId;
    }

    private static SamplingState State(SamplingParams sampling) =>
        new(TestEngine.Request() with { Sampling = sampling }, sequenceIndex: 0, Vocabulary);

    // A head and a long tail, in no order; as flat as noise without steepness.
    private static float[] Logits(int seed, int steepness = 2)
    {
        var random = new Random(seed);
        IEnumerable<double> values =
            Enumerable.Range(0, Vocabulary).Select(i => (-steepness * Math.Log(1 + i)) + random.NextDouble());
        float[] logits = [.. values.Select(value => (float)value)];
        random.Shuffle(logits);
        return logits;
    }

    // The plain form: sort everything.
    private static double[] ExpectedProbabilities(float[] logits, float temperature, int topK, float topP)
    {
        int[] ids = [.. Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id)];
        int[] kept = topK > 0 ? ids[..Math.Min(topK, ids.Length)] : ids;
        double[] weights = [.. kept.Select(id => Math.Exp((logits[id] - logits[ids[0]]) / temperature))];
        double mass = topP * weights.Sum();
        double sum = 0;
        int count = topP < 1 ? weights.TakeWhile(weight => sum < mass && (sum += weight) > 0).Count() : weights.Length;
        double total = weights.Take(count).Sum();
        var probabilities = new double[logits.Length];
        for (int i = 0; i < count; i++)
        {
            probabilities[kept[i]] = weights[i] / total;
        }

        return probabilities;
    }

    // Pearson's chi-square; tokens expected less than five times share a cell. Six standard deviations above the mean
    // is far outside.
    private static void AssertFits(int[] counts, double[] expected, int draws)
    {
        (double rareExpected, double rareCount, double statistic, int cells) = (0, 0, 0, 0);
        for (int id = 0; id < counts.Length; id++)
        {
            double wanted = expected[id] * draws;
            if (wanted < 5)
            {
                rareExpected += wanted;
                rareCount += counts[id];
                continue;
            }

            statistic += (counts[id] - wanted) * (counts[id] - wanted) / wanted;
            cells++;
        }

        if (rareExpected > 0)
        {
            statistic += (rareCount - rareExpected) * (rareCount - rareExpected) / rareExpected;
            cells++;
        }

        double freedom = cells - 1;
        Assert.InRange(statistic, 0, freedom + (6 * Math.Sqrt(2 * freedom)) + 1e-9);
    }
}
