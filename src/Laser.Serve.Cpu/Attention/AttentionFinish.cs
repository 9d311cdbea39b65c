using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// The results of one query from its sums: <c>LASER o = ln m - ln l + (X - X_l) ln 2</c> over normalised mantissas,
/// <c>ordinary o = m / l</c>.
/// <para>
/// Mantissas are brought to [1/2, 1) before the logarithm: with it equal values give equal bits under any shift. Lanes
/// are channels, 16 at a time. The last check of attention: results that are not finite are reported.
/// </para>
/// </summary>
internal static unsafe class AttentionFinish
{
    private const double Ln2 = 0.6931471805599453;
    private const long MantissaBits = 0x000FFFFFFFFFFFFF;
    private const long HalfBits = 0x3FE0000000000000;

    /// <summary>
    /// Writes log means; <paramref name="floor"/> is the least value they may have. False if one is not finite.
    /// </summary>
    public static bool Laser(
        double* mantissas,
        double* exponents,
        double weightMantissa,
        double weightExponent,
        float floor,
        int channels,
        float* results)
    {
        Vector512<double> weight = Normalize(Vector512.Create(weightMantissa), out Vector512<double> added);
        Vector512<double> logWeight = Vector512.Log(weight);
        Vector512<double> exponent = added + Vector512.Create(weightExponent);
        Vector512<float> wrong = default;
        for (int i = 0; i < channels; i += PageLayout.Lanes)
        {
            Vector512<float> o = Vector512.Narrow(
                LogMean(mantissas + i, exponents + i, logWeight, exponent),
                LogMean(mantissas + i + 8, exponents + i + 8, logWeight, exponent));
            wrong |= o - o;
            Vector512.Max(o, Vector512.Create(floor)).Store(results + i);
        }

        return IsZero(wrong) && IsUsable(weightMantissa);
    }

    /// <summary>Writes plain means. False if one is not finite.</summary>
    public static bool Plain(double* mantissas, double weightMantissa, int channels, float* results)
    {
        Vector512<double> weight = Vector512.Create(weightMantissa);
        Vector512<float> wrong = default;
        for (int i = 0; i < channels; i += PageLayout.Lanes)
        {
            // Channels and row sum stand at the same exponent.
            Vector512<float> o = Vector512.Narrow(
                Vector512.Load(mantissas + i) / weight, Vector512.Load(mantissas + i + 8) / weight);
            wrong |= o - o;
            o.Store(results + i);
        }

        return IsZero(wrong);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LogMean(
        double* mantissas, double* exponents, Vector512<double> logWeight, Vector512<double> weightExponent)
    {
        Vector512<double> mantissa = Vector512.Load(mantissas);
        Vector512<double> m = Normalize(mantissa, out Vector512<double> added);
        Vector512<double> powers = (Vector512.Load(exponents) + added) - weightExponent;
        Vector512<double> o = Vector512.FusedMultiplyAdd(powers, Vector512.Create(Ln2), Vector512.Log(m) - logWeight);

        // Normalising takes the sign and the special numbers for a mantissa: give those back as NaN.
        Vector512<double> usable = Vector512.GreaterThan(mantissa, Vector512<double>.Zero)
            & Vector512.LessThan(mantissa, Vector512.Create(double.PositiveInfinity));
        return Vector512.ConditionalSelect(usable, o, Vector512.Create(double.NaN));
    }

    // x = result * 2^exponent with the result in [1/2, 1), for normal x > 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Normalize(Vector512<double> x, out Vector512<double> exponent)
    {
        Vector512<long> bits = x.AsInt64();
        exponent = Vector512.ConvertToDouble(Vector512.ShiftRightLogical(bits, 52) - Vector512.Create(1022L));
        return ((bits & Vector512.Create(MantissaBits)) | Vector512.Create(HalfBits)).AsDouble();
    }

    private static bool IsUsable(double x) => x > 0 && double.IsFinite(x);

    // x - x is +0 for finite x and NaN otherwise.
    private static bool IsZero(Vector512<float> x) => Vector512.EqualsAll(x.AsInt32(), Vector512<int>.Zero);
}
