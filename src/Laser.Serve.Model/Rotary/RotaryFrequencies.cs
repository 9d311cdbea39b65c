namespace Laser.Serve.Model.Rotary;

/// <summary>
/// Angles per position of a rotary embedding, one per pair of channels, in radians. The formulas are those of Hugging
/// Face transformers (modeling_rope_utils.py), in double.
/// </summary>
internal static class RotaryFrequencies
{
    /// <summary>The <c>Dim / 2</c> frequencies.</summary>
    /// <param name="rotary">The checkpoint's settings.</param>
    /// <param name="contextLength">Longest sequence to be served; only Dynamic depends on it.</param>
    public static double[] Compute(RotarySettings rotary, int contextLength) => rotary.Type switch
    {
        RotaryType.Default => Powers(rotary.Theta, rotary.Dim),
        RotaryType.Linear => [.. Powers(rotary.Theta, rotary.Dim).Select(frequency => frequency / rotary.Factor)],
        RotaryType.Dynamic => Powers(DynamicTheta(rotary, contextLength), rotary.Dim),
        RotaryType.Llama3 => [.. Powers(rotary.Theta, rotary.Dim).Select(frequency => Llama3(rotary, frequency))],
        RotaryType.Yarn => Yarn(rotary),
        _ => throw new ArgumentOutOfRangeException(nameof(rotary), rotary.Type, "Unknown rotary type."),
    };

    private static double[] Powers(double theta, int dim)
    {
        var frequencies = new double[dim / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Math.Pow(theta, -2.0 * i / dim);
        }

        return frequencies;
    }

    // Where transformers raises the base as a sequence grows, the keys computed before keep the old one. Our keys are
    // cached rotated and may be shared between sequences, so one base must hold for all positions: the one for the
    // longest sequence served.
    private static double DynamicTheta(RotarySettings rotary, int contextLength)
    {
        double stretch = (double)Math.Max(contextLength, rotary.OriginalLength) / rotary.OriginalLength;
        double growth = (rotary.Factor * stretch) - (rotary.Factor - 1);
        return rotary.Theta * Math.Pow(growth, rotary.Dim / (rotary.Dim - 2.0));
    }

    private static double Llama3(RotarySettings rotary, double frequency)
    {
        double turns = rotary.OriginalLength * frequency / (2 * Math.PI);
        double kept = (turns - rotary.LowFrequencyFactor) / (rotary.HighFrequencyFactor - rotary.LowFrequencyFactor);
        return Blend(frequency, rotary.Factor, Math.Clamp(kept, 0, 1));
    }

    private static double[] Yarn(RotarySettings rotary)
    {
        double[] frequencies = Powers(rotary.Theta, rotary.Dim);
        double first = ChannelTurning(rotary.BetaFast);
        double last = ChannelTurning(rotary.BetaSlow);
        if (rotary.Truncate)
        {
            (first, last) = (Math.Floor(first), Math.Ceiling(last));
        }

        first = Math.Max(first, 0);
        last = Math.Min(last, rotary.Dim - 1);
        double width = first == last ? 0.001 : last - first;
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Blend(frequencies[i], rotary.Factor, 1 - Math.Clamp((i - first) / width, 0, 1));
        }

        return frequencies;

        // The channel, as a real number, whose frequency makes so many turns over the original length.
        double ChannelTurning(double turns) =>
            rotary.Dim * Math.Log(rotary.OriginalLength / (turns * 2 * Math.PI)) / (2 * Math.Log(rotary.Theta));
    }

    private static double Blend(double frequency, double factor, double kept) =>
        (kept * frequency) + ((1 - kept) * frequency / factor);
}
