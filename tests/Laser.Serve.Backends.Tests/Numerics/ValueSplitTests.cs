using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>U1: <c>v = n ln 2 + ln p</c>.</summary>
public sealed class ValueSplitTests
{
    [Fact]
    public void Split_MillionRandomValues_ReproducesThem()
    {
        var random = new DeterministicRandom(41);
        for (int i = 0; i < 1_000_000; i++)
        {
            AssertSplit((float)random.Uniform(-1000, 1000));
        }
    }

    [Fact]
    public void Split_MultiplesOfLn2AndTheirNeighbours_ReproducesThem()
    {
        AssertSplit(0);
        AssertSplit(-0f);
        for (int n = -1400; n <= 1400; n++)
        {
            float v = (float)(n * Math.Log(2));
            AssertSplit(v);
            AssertSplit(MathF.BitIncrement(v));
            AssertSplit(MathF.BitDecrement(v));
        }
    }

    private static void AssertSplit(float value)
    {
        (int n, float p) = ValueSplit.Split(value);
        double error = Math.Abs((n * Math.Log(2)) + Math.Log(p) - value);
        bool good = p is >= 1 and < 2 && error <= 2.5e-7 + Math.ScaleB(Math.Abs(value), -24);
        Assert.True(good, $"split({value:r}) = ({n}, {p:r}), error {error:g3}.");
    }
}
