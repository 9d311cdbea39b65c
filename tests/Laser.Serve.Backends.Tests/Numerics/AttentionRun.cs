using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>What a subject made of a problem.</summary>
/// <param name="Outputs"><c>[QueryCount, Channels]</c>.</param>
/// <param name="Fault">The first fault of any step.</param>
/// <param name="Statistics">Of the cache, at the end.</param>
public sealed record AttentionRun(float[] Outputs, SequenceFault Fault, KvCacheStatistics Statistics)
{
    /// <summary>
    /// Largest difference to the oracle, less the rounding of the output to fp32; infinite if an output is not finite.
    /// </summary>
    public double Error(AttentionProblem problem)
    {
        double worst = 0;
        for (int i = 0; i < Outputs.Length; i++)
        {
            double expected = problem.Expected[i];
            double error = Math.Abs(Outputs[i] - expected) - Bounds.Rounding(expected);
            worst = double.IsFinite(error) ? Math.Max(worst, error) : double.PositiveInfinity;
        }

        return worst;
    }

    /// <summary>Fails unless every output is finite and within <paramref name="bound"/> of the oracle.</summary>
    public void AssertWithin(AttentionProblem problem, double bound)
    {
        Assert.Equal(SequenceFault.None, Fault);
        double error = Error(problem);
        Assert.True(error <= bound, $"{problem.Name}: error {error:g3}, bound {bound:g3}.");
    }
}
