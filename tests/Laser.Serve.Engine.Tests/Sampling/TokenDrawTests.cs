using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class TokenDrawTests
{
    private const int Vocabulary = 700;

    private readonly Candidates _candidates = new(Vocabulary);

    // All combinations of filters on and off, wide and narrow, at several temperatures; rows flat and steep.
    public static IEnumerable<object[]> Filters()
    {
        foreach (int number in Enumerable.Range(0, 72))
        {
            yield return
            [
                number,
                new SamplingParams
                {
                    Temperature = new[] { 0.3f, 1f, 100f }[number % 3],
                    TopK = new[] { 0, 40, 300 }[number / 3 % 3],
                    TypicalP = new[] { 1f, 0.95f, 0.3f, 0.01f }[number / 9 % 4],
                    TopP = new[] { 1f, 0.85f, 0.5f }[number % 7 % 3],
                    MinP = new[] { 0f, 0.02f, 0.5f }[number % 5 % 3],
                },
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void Draw_AnyFilters_KeepTheTokensAndWeightsOfTheOracle(int seed, SamplingParams sampling)
    {
        float[] logits = Logits(seed);
        double[] expected = SamplingOracle.Probabilities([.. logits.Select(logit => (double)logit)], sampling);

        double[] p = Probabilities(logits, sampling);

        int[] ids = [.. Enumerable.Range(0, Vocabulary)];
        Assert.Equal(ids.Where(id => expected[id] > 0), ids.Where(id => p[id] > 0));
        Assert.All(ids, id => Assert.InRange(p[id] - expected[id], -1e-5, 1e-5));
    }

    // One token of 0.4, ten of 0.06: the entropy is 2.05, nearer to 2.81 than to 0.92.
    [Fact]
    public void Draw_TypicalP_PassesOverALikeliestTokenThatSurprisesTooLittle()
    {
        float[] logits = [.. Enumerable.Range(0, 11).Select(id => MathF.Log(id == 4 ? 0.4f : 0.06f))];

        double[] p = Probabilities(logits, new SamplingParams { TypicalP = 0.13f });

        Assert.Equal([0, 1, 2], Enumerable.Range(0, 11).Where(id => p[id] > 0));
    }

    [Fact]
    public void Draw_MinPOne_KeepsAllThatAreLikeliest()
    {
        float[] logits = [1f, 3f, 2.9999f, 3f];

        Assert.Equal([0, 0.5, 0, 0.5], Probabilities(logits, new SamplingParams { MinP = 1f }));
    }

    [Theory]
    [InlineData(1f, 0, 1f, 0f)]
    [InlineData(1f, 2, 1f, 0f)]
    [InlineData(1f, 0, 0.9f, 0f)]
    [InlineData(1f, 0, 1f, 0.1f)]
    [InlineData(0.99f, 0, 1f, 0f)]
    [InlineData(0.99f, 5, 0.99f, 0.01f)]
    public void Draw_ExcludedTokens_AreNeverDrawn(float typicalP, int topK, float topP, float minP)
    {
        float[] logits = [.. Enumerable.Repeat(float.NegativeInfinity, 20)];
        (logits[7], logits[18]) = (-3f, -3.5f);
        var sampling = new SamplingParams { TypicalP = typicalP, TopK = topK, TopP = topP, MinP = minP };
        var draw = new TokenDraw(_candidates, Vocabulary);

        int[] drawn = [.. Enumerable.Range(0, 50).Select(i => draw.Draw([.. logits], -3f, sampling, i / 50.0))];

        Assert.Equal([7, 18], drawn.Distinct().Order());
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(0.5f)]
    public void Draw_TinyTemperature_IsGreedy(float typicalP)
    {
        float[] logits = Logits(1);
        int likeliest = Array.IndexOf(logits, logits.Max());
        var sampling = new SamplingParams { Temperature = 1e-38f, TypicalP = typicalP, MinP = 1e-30f };

        Assert.Equal(1, Probabilities(logits, sampling)[likeliest]);
    }

    // What Draw left, from its buffers.
    private double[] Probabilities(float[] logits, SamplingParams sampling)
    {
        float[] row = [.. logits];
        new TokenDraw(_candidates, Vocabulary).Draw(row, logits.Max(), sampling, uniform: 0.5);
        bool inRow = sampling is { TopK: 0, TypicalP: 1 };
        var p = new double[logits.Length];
        for (int i = 0; i < (inRow ? row.Length : _candidates.Ids.Length); i++)
        {
            p[inRow ? i : _candidates.Ids[i]] = inRow ? row[i] : _candidates.Scores[i];
        }

        double total = p.Sum();
        return [.. p.Select(weight => weight / total)];
    }

    private static float[] Logits(int seed)
    {
        var random = new Random(seed);
        double steepness = 1 + (seed % 4);
        IEnumerable<double> values =
            Enumerable.Range(0, Vocabulary).Select(i => (-steepness * Math.Log(1 + i)) + random.NextDouble());
        float[] logits = [.. values.Select(value => (float)value)];
        random.Shuffle(logits);
        return logits;
    }
}
