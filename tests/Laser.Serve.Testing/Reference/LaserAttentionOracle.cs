using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// What attention means, for one query over the tokens it sees: a joint log-sum-exp over <c>log a_n + v_nj</c> in
/// double precision. No cache, no shift, no blocks. Everything else in the project is measured against this file.
/// </summary>
public static class LaserAttentionOracle
{
    /// <summary>Computes one output row.</summary>
    /// <param name="spec">Variant, softclamp and floor; shapes and scale are not used.</param>
    /// <param name="scores">Scaled score of each visible token.</param>
    /// <param name="values">Row-major <c>[scores.Length, output.Length]</c>.</param>
    /// <param name="output">One element per value channel.</param>
    public static void Attend(
        LaserAttentionSpec spec, ReadOnlySpan<double> scores, ReadOnlySpan<float> values, Span<double> output)
    {
        if (values.Length != scores.Length * output.Length)
        {
            throw new ArgumentException(
                $"{values.Length} values are not {scores.Length} x {output.Length}.", nameof(values));
        }

        double[] logWeights = LogSoftmax(scores);
        for (int j = 0; j < output.Length; j++)
        {
            output[j] = spec.Variant == AttentionVariant.Softmax
                ? Mean(logWeights, values[j..], output.Length)
                : LogMeanExp(spec, logWeights, values[j..], output.Length);
        }
    }

    /// <summary>
    /// The values as the exponential sees them: <c>c * tanh(v / c)</c>, or v itself without a softclamp.
    /// </summary>
    public static double Softclamp(LaserAttentionSpec spec, double value) =>
        spec.ValueSoftclamp is float c ? c * Math.Tanh(value / c) : value;

    private static double[] LogSoftmax(ReadOnlySpan<double> scores)
    {
        double largest = double.NegativeInfinity;
        foreach (double score in scores)
        {
            largest = Math.Max(largest, score);
        }

        double total = 0;
        foreach (double score in scores)
        {
            total += Math.Exp(score - largest);
        }

        double[] logWeights = new double[scores.Length];
        for (int n = 0; n < scores.Length; n++)
        {
            logWeights[n] = scores[n] - largest - Math.Log(total);
        }

        return logWeights;
    }

    private static double Mean(double[] logWeights, ReadOnlySpan<float> channel, int stride)
    {
        double mean = 0;
        for (int n = 0; n < logWeights.Length; n++)
        {
            mean += Math.Exp(logWeights[n]) * channel[n * stride];
        }

        return mean;
    }

    private static double LogMeanExp(
        LaserAttentionSpec spec, double[] logWeights, ReadOnlySpan<float> channel, int stride)
    {
        double largest = double.NegativeInfinity;
        for (int n = 0; n < logWeights.Length; n++)
        {
            largest = Math.Max(largest, logWeights[n] + Softclamp(spec, channel[n * stride]));
        }

        double sum = 0;
        for (int n = 0; n < logWeights.Length; n++)
        {
            sum += Math.Exp(logWeights[n] + Softclamp(spec, channel[n * stride]) - largest);
        }

        double mean = largest + Math.Log(sum);
        return spec.LogFloor is float floor ? Math.Max(mean, Math.Log(floor)) : mean;
    }
}
