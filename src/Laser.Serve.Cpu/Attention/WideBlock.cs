using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// A shifted block whose values spread over more than WIDE bits, for one query:
/// <c>part_j = sum_t exp((double)s_t - S) u_tj</c> in fp64, ascending t, because a weight of fp32 could have no bits
/// left where its value counts. Rare; lanes are channels, 16 at a time.
/// </summary>
internal static unsafe class WideBlock
{
    /// <summary>Sums the visible tokens.</summary>
    /// <param name="scores">Scores of the block.</param>
    /// <param name="largest">S.</param>
    /// <param name="tokens">Visible tokens.</param>
    /// <param name="values">u of the block.</param>
    /// <param name="page">The layout.</param>
    /// <param name="weights">Room for a weight per token.</param>
    /// <param name="parts">The sums.</param>
    public static void Sum<T>(
        float* scores, double largest, int tokens, byte* values, PageLayout page, double* weights, double* parts)
        where T : struct, IPairFormat
    {
        for (int t = 0; t < tokens; t++)
        {
            weights[t] = Math.Exp(scores[t] - largest);
        }

        for (int channel = 0; channel < page.PaddedDim; channel += PageLayout.Lanes)
        {
            Vector512<double> lower = default;
            Vector512<double> upper = default;
            byte* pair = values + ((nint)channel * sizeof(float));
            for (int t = 0; t < tokens; t++)
            {
                Vector512<float> u = (t & 1) == 0 ? T.LoadEven(pair) : T.LoadOdd(pair, page.ValueRowBytes);
                Vector512<double> w = Vector512.Create(weights[t]);
                lower = Vector512.FusedMultiplyAdd(w, Vector512.WidenLower(u), lower);
                upper = Vector512.FusedMultiplyAdd(w, Vector512.WidenUpper(u), upper);
                pair += (t & 1) == 0 ? 0 : T.PairStride(page.ValueRowBytes);
            }

            lower.Store(parts + channel);
            upper.Store(parts + channel + 8);
        }
    }
}
