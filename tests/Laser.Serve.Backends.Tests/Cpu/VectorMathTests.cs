using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Numerics;

namespace Laser.Serve.Backends.Tests.Cpu;

public class VectorMathTests
{
    [Theory]
    [InlineData(-87.3f, 88.72f)]
    [InlineData(-1f, 1f)]
    [InlineData(-1e-6f, 1e-6f)]
    public void Exp_NormalResults_WithinTwoUlp(float from, float to) =>
        Assert.InRange(WorstUlp(VectorMath.Exp, Math.Exp, from, to), 0.1, 2.0);

    [Fact]
    public void Exp_SubnormalResults_WithinHalfASmallestStepMoreThanTwoUlp()
    {
        foreach (float x in Sweep(-110f, -87.3f))
        {
            Assert.InRange(Apply(VectorMath.Exp, x) - Math.Exp(x), -1.5 * float.Epsilon, 1.5 * float.Epsilon);
        }
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-1e30f, 0f)]
    [InlineData(-104f, 0f)]
    [InlineData(0f, 1f)]
    [InlineData(89f, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    public void Exp_Edges_AreExact(float x, float expected) => Assert.Equal(expected, Apply(VectorMath.Exp, x));

    [Fact]
    public void Erf_WholeRange_Within2e7()
    {
        double worst = 0;
        foreach (float x in Sweep(-5f, 5f).Concat(Sweep(0.99f, 1.01f)))
        {
            worst = Math.Max(worst, Math.Abs(Apply(VectorMath.Erf, x) - Erf(x)));
        }

        Assert.InRange(worst, 1e-9, 2e-7);
        Assert.Equal(1f, Apply(VectorMath.Erf, float.PositiveInfinity));
        Assert.Equal(-1f, Apply(VectorMath.Erf, float.NegativeInfinity));
        Assert.Equal(0f, Apply(VectorMath.Erf, 0f));
    }

    [Theory]
    [InlineData(-12f, 12f)]
    [InlineData(-1e-3f, 1e-3f)]
    [InlineData(0.62f, 0.63f)]
    public void Tanh_WholeRange_WithinThreeUlp(float from, float to)
    {
        Assert.InRange(WorstUlp(VectorMath.Tanh, Math.Tanh, from, to), 0.1, 3.0);
        Assert.Equal(1f, Apply(VectorMath.Tanh, float.PositiveInfinity));
        Assert.Equal(-1f, Apply(VectorMath.Tanh, -1000f));
    }

    [Fact]
    public void Exp_AnyLane_DependsOnItselfOnly()
    {
        float[] values = [.. Enumerable.Range(0, 16).Select(i => i == 3 ? float.NegativeInfinity : (i * 7.3f) - 60)];
        Vector512<float> together = VectorMath.Exp(Vector512.Create(values));
        for (int lane = 0; lane < 16; lane++)
        {
            Assert.Equal(Apply(VectorMath.Exp, values[lane]), together[lane]);
        }
    }

    private static IEnumerable<float> Sweep(float from, float to)
    {
        const int Steps = 200_000;
        return Enumerable.Range(0, Steps + 1).Select(i => from + ((to - from) * (i / (float)Steps)));
    }

    private static double WorstUlp(
        Func<Vector512<float>, Vector512<float>> function, Func<double, double> exact, float from, float to)
    {
        double worst = 0;
        foreach (float x in Sweep(from, to))
        {
            double expected = exact(x);
            double ulp = Math.Max(
                MathF.BitIncrement(MathF.Abs((float)expected)) - MathF.Abs((float)expected), float.Epsilon);
            worst = Math.Max(worst, Math.Abs(Apply(function, x) - expected) / ulp);
        }

        return worst;
    }

    private static float Apply(Func<Vector512<float>, Vector512<float>> function, float x) => function(
        Vector512.Create(x))[5];

    // Series near 0, continued fraction of erfc beyond.
    private static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a < 3)
        {
            double term = a;
            double sum = a;
            for (int n = 1; n < 200; n++)
            {
                term *= -a * a / n;
                sum += term / ((2 * n) + 1);
            }

            return Math.Sign(x) * sum * 2 / Math.Sqrt(Math.PI);
        }

        double tail = 0;
        for (int n = 60; n > 0; n--)
        {
            tail = n / 2.0 / (a + tail);
        }

        return Math.Sign(x) * (1 - (Math.Exp(-a * a) / ((a + tail) * Math.Sqrt(Math.PI))));
    }
}
