using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <summary>
/// <c>v = n ln 2 + ln p</c> with an integer n and a significand p in [1, 2), in fp32. Both depend on v only, which is
/// what makes every later change of shift exact.
/// </summary>
public static class ValueSplit
{
    // ln 2 in two parts: the upper has 10 significant bits, so n * upper is exact while |n| is at most 2^15.
    private const float Ln2Upper = 0.693359375f;
    private const float Ln2Lower = -2.12194440e-4f;
    private const float Log2E = 1.44269504f;

    /// <summary>Splits without the storage rounding.</summary>
    public static (int N, float P) Split(float value)
    {
        float n = MathF.Floor(value * Log2E);
        float remainder = value - (n * Ln2Upper) - (n * Ln2Lower);
        float p = MathF.Exp(remainder);

        // The product with log2(e) rounds, so a value next to a power of two may land in the neighbouring interval.
        if (p < 1)
        {
            return ((int)n - 1, p * 2);
        }

        return p >= 2 ? ((int)n + 1, p / 2) : ((int)n, p);
    }

    /// <summary>
    /// Splits and rounds the significand to <paramref name="type"/>: r in [1, 2], the only rounding of the cache.
    /// </summary>
    public static (int N, float R) Split(float value, DataType type)
    {
        (int n, float p) = Split(value);
        return (n, StorageRounding.Round(p, type));
    }
}
