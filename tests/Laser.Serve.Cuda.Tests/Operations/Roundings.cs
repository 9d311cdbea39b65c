namespace Laser.Serve.Cuda.Tests.Operations;

/// <summary>Comparisons of fp32 results.</summary>
internal static class Roundings
{
    /// <summary>Fails unless every number is within so many unit roundoffs of fp32 of a magnitude.</summary>
    public static void AssertWithin(
        double count, double[] expected, ReadOnlySpan<float> actual, Func<int, double> magnitude, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            double bound = Math.ScaleB(count * magnitude(i), -24);
            Assert.True(
                error <= bound,
                $"{what}: element {i} is {actual[i]:r}, not {expected[i]:r}; off by {error:g3}, bound {bound:g3}.");
        }
    }

    /// <summary>Fails unless all bits agree.</summary>
    public static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]);
            Assert.True(same, $"{what}: element {i} of {expected.Length} is {actual[i]:r}, not {expected[i]:r}.");
        }
    }
}
