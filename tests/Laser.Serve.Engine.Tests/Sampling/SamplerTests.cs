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

        double[] expected = ExpectedProbabilities(logits, sampling);
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

        double[] slightlyHotter = ExpectedProbabilities(logits, new SamplingParams { Temperature = 1.1f });
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
            new() { TypicalP = 0.9f },
            new() { TopK = 20, TypicalP = 0.9f, TopP = 0.9f, MinP = 0.1f },
            new() { MinP = 0.1f, RepetitionPenalty = 1.2f, FrequencyPenalty = 0.1f, LogitBias = [new(3, 1f)] },
            new() { AllowedTokenIds = [1, 2, 3], BannedTokenIds = [2] },
        ];
        SamplingState[] states =
        [
            .. all.Select(State),
            new(
                TestEngine.Request() with
                {
                    Constraint = new FakeConstraint(300, [7, 8], [7, 9, 10]),
                    StopTokenIds = [11],
                },
                sequenceIndex: 0,
                Vocabulary),
        ];
        SampleAll();

        long before = GC.GetAllocatedBytesForCurrentThread();
        SampleAll();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void SampleAll()
        {
            foreach (SamplingState state in states)
            {
                logits.CopyTo(row, 0);
                _sampler.TrySample(row, state, 0, out SampledToken token);
                state.Accept(token.TokenId);
            }
        }
    }

    // Bias and penalties, a constraint of several tokens, all filters.
    [Fact]
    public void TrySample_EverythingOn_FollowsTheDistribution()
    {
        const int Draws = 20_000;
        float[] logits = Logits(5);
        int[] generated = [3, 900, 3];
        GenerationRequest request = EverythingOn();
        SamplingState state = State(request);
        Array.ForEach(generated, state.Accept);
        var counts = new int[Vocabulary];
        for (int position = 0; position < Draws; position++)
        {
            Assert.True(_sampler.TrySample([.. logits], state, position, out SampledToken token));
            counts[token.TokenId]++;
        }

        double[] adjusted = SamplingOracle.Adjust(logits, request, generated);
        double[] expected = SamplingOracle.Probabilities(adjusted, request.Sampling);
        Assert.True(expected.Count(p => p > 0) > 5);
        Assert.All(Enumerable.Range(0, Vocabulary), id => Assert.True(expected[id] > 0 || counts[id] == 0));
        AssertFits(counts, expected, Draws);
    }

    [Fact]
    public void TrySample_Greedy_TakesTheLikeliestOfWhatIsAdjusted()
    {
        float[] logits = Logits(6);
        GenerationRequest request = EverythingOn();
        request = request with { Sampling = request.Sampling with { Temperature = 0 } };
        SamplingState state = State(request);
        List<int> generated = [];
        for (int i = 0; i < 12; i++)
        {
            double[] adjusted = SamplingOracle.Adjust(logits, request, generated);

            Assert.True(_sampler.TrySample([.. logits], state, i, out SampledToken token));

            Assert.Equal(Array.IndexOf(adjusted, adjusted.Max()), token.TokenId);
            state.Accept(token.TokenId);
            generated.Add(token.TokenId);
        }

        Assert.True(generated.Distinct().Count() > 1);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void TrySample_NothingAllowed_IsRefused(float temperature)
    {
        SamplingState state = State(new SamplingParams
        {
            Temperature = temperature,
            AllowedTokenIds = [5],
            BannedTokenIds = [5],
        });

        Assert.False(_sampler.TrySample(Logits(1), state, 0, out _));
        Assert.True(state.NothingAllowed);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void TrySample_LogprobsWanted_AreThoseOfTheModel(float temperature)
    {
        float[] logits = Logits(7);
        var sampling = new SamplingParams
        {
            Temperature = temperature,
            LogitBias = [new(200, 50f)],
            BannedTokenIds = [Array.IndexOf(logits, logits.Max())],
            TopP = 0.5f,
        };
        SamplingState state = State(TestEngine.Request() with { Sampling = sampling, TopLogprobs = 3 });

        Assert.True(_sampler.TrySample([.. logits], state, 0, out SampledToken token));

        Assert.Equal(200, token.TokenId);
        Assert.True(_sampler.TryScore(logits, 200, 3, out TokenLogprob? expected));
        Assert.Equal(expected.Top, token.Logprob!.Top);
        Assert.Equal(expected with { Top = token.Logprob.Top }, token.Logprob);
        Assert.Equal(1 + logits.Count(logit => logit > logits[200]), expected.Rank);
    }

    [Fact]
    public void TrySample_LogprobsNotWanted_AreNone()
    {
        Assert.True(_sampler.TrySample(Logits(1), State(new SamplingParams()), 0, out SampledToken token));
        Assert.Null(token.Logprob);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void TryScore_NonFiniteLogit_IsRefused(float bad)
    {
        float[] logits = Logits(1);
        logits[3] = bad;

        Assert.False(_sampler.TryScore(logits, 0, 0, out _));
    }

    private static GenerationRequest EverythingOn() => TestEngine.Request(maxTokens: 50) with
    {
        Sampling = new SamplingParams
        {
            Temperature = 1.5f,
            TopK = 200,
            TypicalP = 0.97f,
            TopP = 0.9f,
            MinP = 0.01f,
            RepetitionPenalty = 1.2f,
            PresencePenalty = 0.4f,
            FrequencyPenalty = 0.3f,
            LogitBias = [new(3, 4f), new(900, -2f), new(77, 3.5f)],
            AllowedTokenIds = [.. Enumerable.Range(0, 1200)],
            BannedTokenIds = [.. Enumerable.Range(500, 100)],
            Seed = 99,
        },
        StopTokenIds = [1400],
        MinTokens = 2,
    };

    private int Sample(float[] logits, SamplingParams sampling, int position = 0) =>
        Sample(_sampler, logits, sampling, position);

    private static int Sample(Sampler sampler, float[] logits, SamplingParams sampling, int position)
    {
        float[] row = [.. logits];
        Assert.True(sampler.TrySample(row, State(sampling), position, out SampledToken token));
        return token.TokenId;
    }

    private static SamplingState State(SamplingParams sampling) =>
        State(TestEngine.Request(maxTokens: 50) with { Sampling = sampling });

    private static SamplingState State(GenerationRequest request) => new(request, sequenceIndex: 0, Vocabulary);

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

    private static double[] ExpectedProbabilities(float[] logits, SamplingParams sampling) =>
        SamplingOracle.Probabilities([.. logits.Select(logit => (double)logit)], sampling);

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
