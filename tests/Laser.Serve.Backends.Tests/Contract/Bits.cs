namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>Comparison to the last bit; NaN never passes.</summary>
internal static class Bits
{
    public static void AssertEqual(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]);
            if (!same || float.IsNaN(expected[i]))
            {
                Assert.Fail($"{what}: element {i} of {expected.Length} is {actual[i]:r}, not {expected[i]:r}.");
            }
        }
    }
}
