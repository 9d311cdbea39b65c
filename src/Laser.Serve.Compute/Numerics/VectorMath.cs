using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Laser.Serve.Compute.Numerics;

/// <summary>
/// Elementary functions on 16 floats. Each lane depends on its own argument only. The polynomials are Chebyshev fits,
/// their errors given as fitted; the errors of the functions, rounding included, are held by tests.
/// </summary>
public static class VectorMath
{
    /// <summary>Upper part of ln 2: 355/512, so that a product with an integer below 2^15 is exact in fp32.</summary>
    public const float Ln2High = 0.693359375f;

    /// <summary>ln 2 - <see cref="Ln2High"/>.</summary>
    public const float Ln2Low = -2.12194440e-4f;

    /// <summary>1 / ln 2.</summary>
    public const float Log2E = 1.44269504f;

    /// <summary>
    /// <c>e^x</c> within 2 ulp: <c>2^n * p(x - n ln 2)</c>, p = 1 + r + r^2 q(r) with q of degree 4 (7.8e-9). Gradual
    /// below 2^-126, 0 for -infinity, infinity from 88.73 on. For NaN the result is unspecified.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-126f)), Vector512.Create(89f));
        Vector512<float> n = Vector512.Round(x * Vector512.Create(Log2E));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> q = Vector512.Create(0.0013926181709393859f);
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.008363177999854088f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.041666556149721146f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.16666576266288757f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.5f));
        Vector512<float> p = Vector512.FusedMultiplyAdd(q, r * r, r + Vector512<float>.One);
        return ScaleByPowerOfTwo(p, n);
    }

    /// <summary>
    /// <c>erf(x)</c> within 2e-7: <c>x + x P(x^2)</c> below 1 (P of degree 6, 1.2e-9), else <c>1 - exp(g(|x|))</c> with
    /// the sign of x (g of degree 8, 4.8e-10); from 4 on erf is 1 to fp32. For NaN the result is unspecified.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Erf(Vector512<float> x)
    {
        Vector512<float> t = Vector512.MinNative(Vector512.Abs(x), Vector512.Create(4f));
        Vector512<float> s = t * t;
        Vector512<float> p = Vector512.Create(7.875874871388078e-05f);
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(-0.000801686430349946f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(0.005189087241888046f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(-0.02685421146452427f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(0.11283594369888306f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(-0.3761262595653534f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(0.12837916612625122f));
        Vector512<float> small = Vector512.FusedMultiplyAdd(p, t, t);

        Vector512<float> g = Vector512.Create(1.6371513993362896e-06f);
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(-4.605804133461788e-05f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(0.0005968056502752006f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(-0.004759596195071936f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(0.026421135291457176f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(-0.11008008569478989f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(-0.6318260431289673f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(-1.1302334070205688f));
        g = Vector512.FusedMultiplyAdd(g, t, Vector512.Create(0.0003201380604878068f));
        Vector512<float> large = Vector512<float>.One - Exp(g);

        Vector512<float> magnitude = Vector512.ConditionalSelect(
            Vector512.LessThan(t, Vector512<float>.One), small, large);
        return Vector512.CopySign(magnitude, x);
    }

    /// <summary>
    /// <c>tanh(x)</c> within 3 ulp: <c>x + x^3 P(x^2)</c> below 0.6245 (P of degree 5, 6.2e-10), else
    /// <c>1 - 2 / (exp(2|x|) + 1)</c> with the sign of x. For NaN the result is unspecified.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> t = Vector512.Abs(x);
        Vector512<float> s = t * t;
        Vector512<float> p = Vector512.Create(0.00229430478066206f);
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(-0.00834532082080841f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(0.021769339218735695f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(-0.05395931005477905f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(0.13333304226398468f));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(-0.3333333432674408f));
        Vector512<float> small = Vector512.FusedMultiplyAdd(p * s, t, t);

        Vector512<float> e = Exp(t + t);
        Vector512<float> large = Vector512<float>.One - (Vector512.Create(2f) / (e + Vector512<float>.One));
        Vector512<float> magnitude = Vector512.ConditionalSelect(
            Vector512.LessThan(s, Vector512.Create(0.39f)), small, large);
        return Vector512.CopySign(magnitude, x);
    }

    // p * 2^n for integral n in [-182, 128] and p near 1, rounded once where the result is subnormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ScaleByPowerOfTwo(Vector512<float> p, Vector512<float> n)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.Scale(p, n); // vscalefps: no portable form
        }

        // Two factors, because 2^n itself may be out of range.
        Vector512<int> exponent = Vector512.ConvertToInt32Native(n);
        Vector512<int> half = Vector512.ShiftRightArithmetic(exponent, 1);
        Vector512<int> bias = Vector512.Create(127);
        Vector512<float> first = Vector512.ShiftLeft(half + bias, 23).AsSingle();
        Vector512<float> second = Vector512.ShiftLeft(exponent - half + bias, 23).AsSingle();
        return p * first * second;
    }
}
