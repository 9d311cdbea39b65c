using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class LogprobsTests
{
    private const int LargeVocabulary = 131_072;

    private readonly Logprobs _logprobs = new(new Candidates(LargeVocabulary));

    public static TheoryData<int, double> Rows => new()
    {
        { 1, 1 },
        { 7, 3 },
        { 50, 0 },
        { 1000, 1 },
        { 32_000, 4 },
        { LargeVocabulary, 0.001 },
        { LargeVocabulary, 10 },
        { LargeVocabulary, 1000 },
    };

    // The bound that is documented: n * 2^-53, relative to the sum.
    [Theory]
    [MemberData(nameof(Rows))]
    public void SumOfExponentials_AnyRow_IsWithinTheBound(int length, double spread)
    {
        float[] logits = Logits(length, spread);
        float max = logits.Max();
        double exact = CompensatedSum(logits.Select(logit => Math.Exp((double)logit - max)));

        double sum = Logprobs.SumOfExponentials(logits, max);

        // Exp itself, here and there, may be off by a unit or two.
        double bound = exact * (length + 4) * Math.Pow(2, -53);
        Assert.InRange(sum, exact - bound, exact + bound);
    }

    // A sum in single precision misses the bound: the test can fail.
    [Fact]
    public void SumOfExponentials_SinglePrecision_WouldMissTheBound()
    {
        float[] logits = Logits(LargeVocabulary, 10);
        float max = logits.Max();
        double exact = CompensatedSum(logits.Select(logit => Math.Exp((double)logit - max)));

        float single = logits.Sum(logit => MathF.Exp(logit - max));

        Assert.True(Math.Abs(single - exact) > exact * (LargeVocabulary + 4) * Math.Pow(2, -53));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Read_AnyToken_IsTheLogSoftmaxOfTheOracle(int length, double spread)
    {
        float[] logits = Logits(length, spread);
        double max = logits.Max();
        double logSum = Math.Log(CompensatedSum(logits.Select(logit => Math.Exp(logit - max))));
        int[] order = [.. Enumerable.Range(0, length).OrderByDescending(id => logits[id]).ThenBy(id => id)];
        foreach (int rank in new[] { 1, 2, 20, 21, length / 2, length }.Where(rank => rank >= 1 && rank <= length))
        {
            int id = order[rank - 1];

            TokenLogprob logprob = _logprobs.Read(logits, (float)max, id, topCount: 20);

            Assert.Equal((id, rank), (logprob.TokenId, logprob.Rank));
            AssertNearest(logits[id] - max - logSum, logprob.Logprob, length);
            Assert.Equal(order.Take(20), logprob.Top.Select(top => top.TokenId));
            Assert.All(logprob.Top, top => AssertNearest(logits[top.TokenId] - max - logSum, top.Logprob, length));
        }
    }

    [Fact]
    public void Read_Ties_RankTheLowerIdFirst()
    {
        float[] logits = [2, 5, 1, 5, 5, -0f, 0f];

        TokenLogprob[] all = [.. Enumerable.Range(0, 7).Select(id => _logprobs.Read(logits, 5, id, topCount: 4))];

        Assert.Equal([4, 1, 5, 2, 3, 6, 7], all.Select(logprob => logprob.Rank));
        Assert.Equal([1, 3, 4, 0], all[0].Top.Select(top => top.TokenId));
    }

    // Two logits whose log-probabilities round to one float keep their order.
    [Fact]
    public void Read_TopThatRoundsToOneFloat_IsStillInOrder()
    {
        float[] logits = [1e-9f, 0f, 3e-9f, 2e-9f];

        TokenLogprob logprob = _logprobs.Read(logits, 3e-9f, tokenId: 1, topCount: 20);

        Assert.Equal([2, 3, 0, 1], logprob.Top.Select(top => top.TokenId));
        Assert.Single(logprob.Top.Select(top => top.Logprob).Distinct());
        Assert.Equal(4, logprob.Rank);
    }

    [Fact]
    public void Read_NoTopWanted_HasNone() => Assert.Empty(_logprobs.Read([1, 2], 2, tokenId: 0, topCount: 0).Top);

    [Fact]
    public void Read_LogitsFarApart_AreExact()
    {
        TokenLogprob logprob = _logprobs.Read([float.MaxValue, 0, float.MinValue], float.MaxValue, 0, topCount: 3);

        Assert.Equal(0, logprob.Logprob);
        Assert.Equal([0, -float.MaxValue, float.NegativeInfinity], logprob.Top.Select(top => top.Logprob));
    }

    // Half a unit in the last place of the answer, and the error of what is rounded.
    private static void AssertNearest(double exact, float logprob, int length)
    {
        double unit = Math.BitIncrement(MathF.Abs(logprob)) - MathF.Abs(logprob);
        unit = Math.Max(unit, MathF.BitIncrement(MathF.Abs(logprob)) - MathF.Abs(logprob));
        double tolerance = (unit / 2) + ((length + 8) * Math.Pow(2, -53) * Math.Max(1, Math.Abs(exact)));
        Assert.InRange(logprob, exact - tolerance, exact + tolerance);
    }

    private static float[] Logits(int length, double spread)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() - 0.5) * spread))];
    }

    // Neumaier's: the error does not grow with the number of terms.
    private static double CompensatedSum(IEnumerable<double> terms)
    {
        (double sum, double lost) = (0, 0);
        foreach (double term in terms)
        {
            double next = sum + term;
            lost += Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
            sum = next;
        }

        return sum + lost;
    }
}
