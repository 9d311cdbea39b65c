using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>
/// The well-known wrong ways to do it must fail the tests that are there to catch them, by about as much as predicted.
/// A value cache with one block for the whole sequence is a sequence-global shift; appending everything before
/// attending makes it acausal.
/// </summary>
public sealed class NegativeControlTests
{
    private const ValueCacheFlaws PlainMaximum = ValueCacheFlaws.NoHeadroom | ValueCacheFlaws.NoRawBlocks;

    [Fact]
    public void GlobalShift_SinkWithSpikesInFp16_LosesTheSink()
    {
        AttentionProblem problem = RealisticProblems.SinkWithSpikes();
        Assert.InRange(Error(PlainMaximum, problem, DataType.Float16, problem.Tokens), 1, 3);
    }

    // v = 0 is a power of two, so it is exact down to the smallest subnormal, 2^-24, and then gone.
    [Theory]
    [InlineData(12, 0, 1e-6)]
    [InlineData(17, 19, 21)]
    [InlineData(20, 19, 21)]
    public void GlobalShift_LowTokenBesideHighOneInFp16_IsLostFromSeventeenNats(double d, double least, double most)
    {
        AttentionProblem problem = AdversarialProblems.SameBlock(d);
        Assert.InRange(Error(PlainMaximum, problem, DataType.Float16, problem.Tokens), least, most);
    }

    [Theory]
    [InlineData(1e-4, 0.41)]
    [InlineData(1e-3, 4.1)]
    [InlineData(1.9e-3, 7.8)]
    public void RealShift_SlowRampInBf16_IsOffByTheWholeShift(double step, double error)
    {
        using var attention = new ScalarAttention((problem, type, _) => new RealShiftCache(type, problem.Channels));
        AttentionProblem ramp = AdversarialProblems.SlowRamp(step, channels: 2);
        double actual = attention.Run(ramp, DataType.BFloat16, ramp.Tokens).Error(ramp);
        Assert.InRange(actual, 0.95 * error, 1.05 * error);
    }

    [Theory]
    [InlineData(ValueCacheFlaws.StreamingMerge, 60, 104)]
    [InlineData(ValueCacheFlaws.SeparateReferences, 300, 800)]
    public void MergeOfLimitedRange_DistantBlocks_LosesThem(ValueCacheFlaws flaws, double good, double bad)
    {
        Assert.InRange(Error(flaws, AdversarialProblems.DistantBlocks(good), DataType.Float32, 64), 0, 1e-5);
        Assert.Equal(
            double.PositiveInfinity, Error(flaws, AdversarialProblems.DistantBlocks(bad), DataType.Float32, 64));
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void NarrowSums_WideValuesAndScores_LosesTheDominantTokenSilently(DataType type)
    {
        const ValueCacheFlaws flaws = ValueCacheFlaws.NarrowSums;
        Assert.InRange(Error(flaws, AdversarialProblems.WideBlock(87), type, 64), 0, Bounds.Attention(type, 64, 1));
        Assert.InRange(Error(flaws, AdversarialProblems.WideBlock(100), type, 64), 1e-2, 3e-2);
        Assert.InRange(Error(flaws, AdversarialProblems.WideBlock(105), type, 64), 29.9, 30.1);
        Assert.InRange(Error(flaws, AdversarialProblems.WideBlock(123), type, 64), 29.9, 30.1);
    }

    // The subnormals of fp32 end at 2^-149, those of bf16 at 2^-133.
    [Theory]
    [InlineData(DataType.Float32, 104)]
    [InlineData(DataType.BFloat16, 100)]
    public void NoHeadroomNoRaw_LowTokenBesideHighOne_IsLostSilently(DataType type, double d)
    {
        AttentionProblem problem = AdversarialProblems.SameBlock(d);
        Assert.InRange(Error(PlainMaximum, problem, type, 64), 19, 200);
    }

    [Fact]
    public void AcausalShift_Ramp_LosesEarlyRows()
    {
        AttentionProblem ramp = AdversarialProblems.CausalRamp(110);
        using var attention = ScalarAttention.Create(PlainMaximum, appendFirst: true);
        Assert.Equal(double.PositiveInfinity, attention.Run(ramp, DataType.Float32, ramp.Tokens).Error(ramp));
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    [InlineData(DataType.Float16)]
    public void FinalModeForEarlyRows_BlockThatTurnsRaw_ChangesTheirBits(DataType type)
    {
        AttentionProblem problem = RealisticProblems.Fill(
            new AttentionProblem("turns raw", 32, 16, 32), 61, 2, r => r.Gaussian());
        problem.SetValue(20, -300);
        using var honest = ScalarAttention.Create();
        using var hasty = ScalarAttention.Create(appendFirst: true);
        float[] expected = honest.Run(problem, type, 32).Outputs;
        float[] actual = hasty.Run(problem, type, 32).Outputs;
        int early = 20 * problem.Channels;
        Assert.NotEqual(expected[..early], actual[..early]);
        Assert.Equal(expected[early..], actual[early..]);
    }

    [Fact]
    public void Error_OutputNotFinite_IsInfinite()
    {
        AttentionProblem problem = AdversarialProblems.WideBlock(60);
        float[] outputs = [.. problem.Expected.Select(o => (float)o)];
        outputs[3] = float.NaN;
        var run = new AttentionRun(outputs, SequenceFault.None, default(KvCacheStatistics));
        Assert.Equal(double.PositiveInfinity, run.Error(problem));
    }

    private static double Error(ValueCacheFlaws flaws, AttentionProblem problem, DataType type, int blockSize)
    {
        using var attention = ScalarAttention.Create(flaws);
        return attention.Run(problem, type, blockSize).Error(problem);
    }
}
