using Laser.Serve.Compute;
using Laser.Serve.Cuda.Tests.Operations;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Linear;

/// <summary>Matrix products in double arithmetic.</summary>
internal static class Products
{
    /// <summary>All numbers of stacked matrices, row by row.</summary>
    public static double[][] Rows(params ReadOnlySpan<HostTensor> stacked)
    {
        List<double[]> rows = [];
        foreach (HostTensor tensor in stacked)
        {
            for (int row = 0; row < tensor.Rows; row++)
            {
                float[] values = new float[tensor.Columns];
                tensor.CopyRow(row, values);
                rows.Add(Array.ConvertAll(values, x => (double)x));
            }
        }

        return [.. rows];
    }

    public static float[] RoundToBFloat16(float[] values) =>
        Array.ConvertAll(values, x => StorageRounding.Round(x, DataType.BFloat16));

    /// <summary>
    /// Fails unless products are right: any order of adding n products and a bias is within n + 2 roundings of the sum of
    /// their magnitudes.
    /// </summary>
    public static void AssertRight(float[] input, double[][] weight, float[]? bias, float[] actual, string what)
    {
        int inputs = weight[0].Length;
        double[] expected = new double[input.Length / inputs * weight.Length];
        double[] magnitudes = new double[expected.Length];
        for (int i = 0; i < expected.Length; i++)
        {
            double offset = bias?[i % weight.Length] ?? 0;
            double[] w = weight[i % weight.Length];
            ReadOnlySpan<float> x = input.AsSpan(i / weight.Length * inputs, inputs);
            (expected[i], magnitudes[i]) = (offset, Math.Abs(offset));
            for (int k = 0; k < inputs; k++)
            {
                expected[i] += x[k] * w[k];
                magnitudes[i] += Math.Abs(x[k] * w[k]);
            }
        }

        Roundings.AssertWithin(inputs + 2, expected, actual, i => magnitudes[i], what);
    }
}
