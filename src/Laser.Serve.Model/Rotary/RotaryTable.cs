using Laser.Serve.Compute;

namespace Laser.Serve.Model.Rotary;

/// <summary>
/// The table <see cref="IBackend.RotaryEmbed"/> reads: row <c>p</c> holds the cosines and behind them the sines of
/// position p, <c>[positions, Dim]</c> in all. Computed in double and rounded once to fp32, so that angles stay exact
/// at large positions.
/// </summary>
public static class RotaryTable
{
    // Two million positions of 128 channels. A configuration may claim any length; a server can choose a shorter one.
    private const long LargestByteSize = 1L << 30;

    /// <summary>Computes the table.</summary>
    /// <param name="rotary">The checkpoint's settings.</param>
    /// <param name="contextLength">Longest sequence to be served: rows of the table.</param>
    /// <exception cref="ArgumentOutOfRangeException">The table would take more than 1 GiB.</exception>
    public static ArrayTensor Create(RotarySettings rotary, int contextLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contextLength);
        long byteSize = (long)contextLength * rotary.Dim * sizeof(float);
        if (byteSize > LargestByteSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(contextLength),
                $"A context of {contextLength} tokens needs a rotary table of {byteSize} bytes; choose a shorter one.");
        }

        double[] frequencies = RotaryFrequencies.Compute(rotary, contextLength);
        var table = new float[contextLength * rotary.Dim];
        for (int position = 0; position < contextLength; position++)
        {
            Span<float> cosines = table.AsSpan(position * rotary.Dim, frequencies.Length);
            Span<float> sines = table.AsSpan((position * rotary.Dim) + frequencies.Length, frequencies.Length);
            for (int i = 0; i < frequencies.Length; i++)
            {
                (double sine, double cosine) = Math.SinCos(position * frequencies[i]);
                cosines[i] = (float)(cosine * rotary.AttentionFactor);
                sines[i] = (float)(sine * rotary.AttentionFactor);
            }
        }

        return new ArrayTensor("rotary table", table, contextLength, rotary.Dim);
    }
}
