namespace Laser.Serve.Backends.Tests;

/// <summary>What quantization leaves of numbers, by its formula.</summary>
internal static class QuantizedNumbers
{
    /// <summary>Inputs per group of weights.</summary>
    public const int Group = 64;

    /// <summary>Weights of one output: 8 bits and a scale per group.</summary>
    public static double[] Weights(float[] row) => [.. row.Chunk(Group).SelectMany(group => Of(group, 127))];

    /// <summary>Inputs of one row: 16 bits and one scale.</summary>
    public static double[] Inputs(float[] row) => [.. Of(row, 32767)];

    private static IEnumerable<double> Of(float[] values, int most)
    {
        float scale = values.Max(MathF.Abs) / most;
        return values.Select(value => scale > 0 ? MathF.Round(value / scale) * (double)scale : 0);
    }
}
