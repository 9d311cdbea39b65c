using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Comparison with the reference backend, which rounds keys as the cache does and nothing else.</summary>
internal static class AttentionAccuracy
{
    /// <summary>
    /// How far an output may be off for queries and keys of Gaussians: storage and sums as for any backend, and twice what a score
    /// is off. A score is a sum of HeadDim products in fp32 (three times as many where queries are split), of magnitudes that add
    /// up to at most |q| |k|, for which 2 HeadDim stands.
    /// </summary>
    public static double Bound(KvCacheLayout layout)
    {
        double largestScore = 2 * layout.Attention.HeadDim * layout.Attention.Scale;
        double score = ((3 * layout.Attention.HeadDim) + 2) * Math.ScaleB(1, -24) * largestScore;
        return Bounds.Attention(layout.ValueType, layout.BlockSize, largestScore) + (2 * score);
    }

    /// <summary>Fails unless all outputs are finite and within the bound.</summary>
    public static void AssertWithin(double bound, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)actual[i] - expected[i]) - (2 * Bounds.Rounding(expected[i]));
            Assert.True(
                error <= bound,
                $"{what}: element {i} of {expected.Length} is {actual[i]:r}, not {expected[i]:r}; bound {bound:g3}.");
        }
    }
}
