using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Sums over blocks, as an fp64 mantissa and an integer exponent (held as a double) per channel and per row sum, so
/// that no range of values or scores overflows or vanishes:
/// <code>
///   J = floor(S log2 e), F = exp(S - J ln 2)
///   "(m, X) += y at x":  m = m 2^(X - max) + y 2^(x - max), X = max,  max = max(X, x)
///   channel:  y = part F at x = e + J          row sum:  y = l F at x = J
/// </code>
/// Lanes are channels (row sums: queries), 8 doubles. One of the two powers is 1 and both are exact; below 2^-1022 a
/// power counts as 0.
/// </summary>
internal static unsafe class BlockMerge
{
    /// <summary>Exponent of an empty sum: far below any that occurs.</summary>
    public const double EmptyExponent = -1099511627776.0;

    private const double Log2E = 1.4426950408889634;
    private const double Ln2 = 0.6931471805599453;
    private const double Sqrt2 = 1.4142135623730951;

    // 2^52 + 1023: added to an integer in [-1023, 0] it leaves the biased exponent in the lowest bits.
    private const double BiasedExponent = 4503599627371519.0;

    /// <summary>
    /// J and F of eight scores. F is exp of an argument in [0, ln 2), as a series around its middle (degree 11, 1e-14).
    /// </summary>
    public static void SplitScores(double* scores, double* exponents, double* fractions)
    {
        Vector512<double> s = Vector512.Load(scores);
        Vector512<double> j = Vector512.Floor(s * Vector512.Create(Log2E));
        Vector512<double> x = Vector512.FusedMultiplyAdd(j, Vector512.Create(-Ln2), s) - Vector512.Create(Ln2 / 2);
        Vector512<double> p = Vector512.Create(1.0 / 39916800);
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 3628800));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 362880));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 40320));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 5040));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 720));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 120));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 24));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.0 / 6));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(0.5));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512<double>.One);
        p = Vector512.FusedMultiplyAdd(p, x, Vector512<double>.One);
        j.Store(exponents);
        (p * Vector512.Create(Sqrt2)).Store(fractions);
    }

    /// <summary>e of each channel of a shifted block: <c>k - headroom</c>.</summary>
    public static void LoadExponents(short* shifts, int headroom, int channels, double* exponents)
    {
        Vector512<double> h = Vector512.Create((double)headroom);
        for (int i = 0; i < channels; i += PageLayout.Lanes)
        {
            Vector512<int> k = Vector512.WidenLower(Vector256.Load(shifts + i).ToVector512Unsafe());
            (Vector512.ConvertToDouble(Vector512.WidenLower(k)) - h).Store(exponents + i);
            (Vector512.ConvertToDouble(Vector512.WidenUpper(k)) - h).Store(exponents + i + 8);
        }
    }

    /// <summary>Merges the fp32 sums of a block.</summary>
    public static void Add(
        float* parts,
        double* blockExponents,
        double scoreExponent,
        double fraction,
        int channels,
        double* mantissas,
        double* exponents)
    {
        Vector512<double> f = Vector512.Create(fraction);
        Vector512<double> j = Vector512.Create(scoreExponent);
        for (int i = 0; i < channels; i += PageLayout.Lanes)
        {
            Vector512<float> part = Vector512.Load(parts + i);
            AddAt(mantissas + i, exponents + i, Vector512.WidenLower(part) * f, Vector512.Load(blockExponents + i) + j);
            AddAt(
                mantissas + i + 8,
                exponents + i + 8,
                Vector512.WidenUpper(part) * f,
                Vector512.Load(blockExponents + i + 8) + j);
        }
    }

    /// <summary>Merges the fp64 sums of a block.</summary>
    public static void AddWide(
        double* parts,
        double* blockExponents,
        double scoreExponent,
        double fraction,
        int channels,
        double* mantissas,
        double* exponents)
    {
        Vector512<double> f = Vector512.Create(fraction);
        Vector512<double> j = Vector512.Create(scoreExponent);
        for (int i = 0; i < channels; i += 8)
        {
            AddAt(mantissas + i, exponents + i, Vector512.Load(parts + i) * f, Vector512.Load(blockExponents + i) + j);
        }
    }

    /// <summary>Merges eight row sums, each at its own exponent.</summary>
    public static void AddRowSums(
        float* sums, double* scoreExponents, double* fractions, double* mantissas, double* exponents)
    {
        Vector512<double> l = Vector512.WidenLower(Vector256.Load(sums).ToVector512Unsafe());
        AddAt(mantissas, exponents, l * Vector512.Load(fractions), Vector512.Load(scoreExponents));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddAt(double* mantissas, double* exponents, Vector512<double> y, Vector512<double> x)
    {
        Vector512<double> old = Vector512.Load(exponents);
        Vector512<double> top = Vector512.MaxNative(old, x);
        Vector512<double> sum = Vector512.FusedMultiplyAdd(
            Vector512.Load(mantissas), PowerOfTwo(old - top), y * PowerOfTwo(x - top));
        sum.Store(mantissas);
        top.Store(exponents);
    }

    // 2^x for integral x <= 0
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> PowerOfTwo(Vector512<double> x)
    {
        Vector512<double> biased = Vector512.MaxNative(x, Vector512.Create(-1023.0)) + Vector512.Create(BiasedExponent);
        return Vector512.ShiftLeft(biased.AsInt64(), 52).AsDouble();
    }
}
