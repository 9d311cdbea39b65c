namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// A block that keeps fp32 v, for one query, all in fp64 and ascending t:
/// <code>
///   z_tj = s_t - S + v_tj;  M_j = max_t z_tj;  e_j = floor(M_j log2 e)
///   part_j = (sum_t exp(z_tj - M_j)) * 2^(M_j log2 e - e_j)
/// </code>
/// Rare, so written plainly.
/// </summary>
internal static unsafe class RawBlock
{
    private const double Log2E = 1.4426950408889634;

    /// <summary>Sums the visible tokens.</summary>
    /// <param name="scores">Scores of the block.</param>
    /// <param name="largest">S.</param>
    /// <param name="tokens">Visible tokens.</param>
    /// <param name="rows">v of the block, <c>[B][d]</c>.</param>
    /// <param name="channels">d, padding included.</param>
    /// <param name="exponents">e of each channel.</param>
    /// <param name="parts">The sums.</param>
    public static void Sum(
        float* scores, double largest, int tokens, float* rows, int channels, double* exponents, double* parts)
    {
        for (int j = 0; j < channels; j++)
        {
            double top = double.NegativeInfinity;
            for (int t = 0; t < tokens; t++)
            {
                top = Math.Max(top, scores[t] - largest + rows[(t * channels) + j]);
            }

            double sum = 0;
            for (int t = 0; t < tokens; t++)
            {
                sum += Math.Exp(scores[t] - largest + rows[(t * channels) + j] - top);
            }

            exponents[j] = Math.Floor(top * Log2E);
            parts[j] = sum * double.Exp2((top * Log2E) - exponents[j]);
        }
    }
}
