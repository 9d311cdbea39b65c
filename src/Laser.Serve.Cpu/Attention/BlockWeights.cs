using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Numerics;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Softmax weights of one query in one block: <c>S = max s_t</c> over the visible tokens, <c>w_t = exp(s_t - S)</c>, 0
/// for the others. Lanes are tokens; invisible ones count as -infinity.
/// </summary>
internal static unsafe class BlockWeights
{
    private const int Lanes = PageLayout.Lanes;

    /// <summary>
    /// Fills <paramref name="w"/> up to <paramref name="length"/> (a multiple of 16) and returns S; NaN if any visible
    /// score is NaN.
    /// </summary>
    public static float Apply(float* s, int visible, int length, float* w)
    {
        Vector512<int> lane = Vector512<int>.Indices;
        Vector512<float> hidden = Vector512.Create(float.NegativeInfinity);
        Vector512<float> largest = hidden;
        for (int i = 0; i < length; i += Lanes)
        {
            Vector512<int> seen = Vector512.LessThan(lane, Vector512.Create(visible - i));
            Vector512<float> score = Vector512.ConditionalSelect(seen.AsSingle(), Vector512.Load(s + i), hidden);
            score.Store(w + i);
            largest = Vector512.Max(largest, score);
        }

        float top = Largest(largest);
        Vector512<float> tops = Vector512.Create(top);
        for (int i = 0; i < length; i += Lanes)
        {
            VectorMath.Exp(Vector512.Load(w + i) - tops).Store(w + i);
        }

        return top;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector512<float> x)
    {
        Vector256<float> y = Vector256.Max(x.GetLower(), x.GetUpper());
        Vector128<float> z = Vector128.Max(y.GetLower(), y.GetUpper());
        z = Vector128.Max(z, Vector128.Shuffle(z, Vector128.Create(2, 3, 0, 1)));
        z = Vector128.Max(z, Vector128.Shuffle(z, Vector128.Create(1, 0, 3, 2)));
        return z.ToScalar();
    }
}
