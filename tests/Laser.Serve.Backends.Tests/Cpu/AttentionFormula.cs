using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>
/// Attention straight from its definition, in fp64 and in log space; keys rounded as the cache stores them.
/// </summary>
internal static class AttentionFormula
{
    /// <summary>The result of every row, and the largest score met.</summary>
    public static (double[][] Results, double LargestScore) Apply(
        LaserAttentionSpec spec, List<float[]> rows, DataType keyType)
    {
        double largest = 0;
        double[][] results = new double[rows.Count][];
        for (int i = 0; i < rows.Count; i++)
        {
            results[i] = new double[spec.QueryColumns];
            for (int head = 0; head < spec.Heads; head++)
            {
                int kvHead = head / spec.GroupSize;
                double[] scores = new double[i + 1];
                for (int t = 0; t <= i; t++)
                {
                    for (int c = 0; c < spec.HeadDim; c++)
                    {
                        float key = Stored(rows[t][spec.QueryColumns + (kvHead * spec.HeadDim) + c], keyType);
                        scores[t] += (double)rows[i][(head * spec.HeadDim) + c] * key;
                    }

                    scores[t] *= spec.Scale;
                    largest = Math.Max(largest, Math.Abs(scores[t]));
                }

                double logTotal = LogSumExp(scores);
                for (int c = 0; c < spec.HeadDim; c++)
                {
                    int column = spec.QueryColumns + spec.KvColumns + (kvHead * spec.HeadDim) + c;
                    results[i][(head * spec.HeadDim) + c] = Mean(spec, rows, scores, logTotal, column);
                }
            }
        }

        return (results, largest);
    }

    private static double Mean(
        LaserAttentionSpec spec, List<float[]> rows, double[] scores, double logTotal, int column)
    {
        if (spec.Variant == AttentionVariant.Softmax)
        {
            double sum = 0;
            for (int t = 0; t < scores.Length; t++)
            {
                sum += Math.Exp(scores[t] - logTotal) * rows[t][column];
            }

            return sum;
        }

        double[] joint = new double[scores.Length];
        for (int t = 0; t < scores.Length; t++)
        {
            double v = rows[t][column];
            joint[t] = scores[t] - logTotal + (spec.ValueSoftclamp is float c ? c * Math.Tanh(v / c) : v);
        }

        double mean = LogSumExp(joint);
        return spec.LogFloor is float floor ? Math.Max(mean, Math.Log(floor)) : mean;
    }

    private static double LogSumExp(double[] x)
    {
        double top = x.Max();
        return top + Math.Log(x.Sum(y => Math.Exp(y - top)));
    }

    private static float Stored(float value, DataType type)
    {
        if (type == DataType.Float32)
        {
            return value;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
