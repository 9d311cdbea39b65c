namespace Laser.Serve.Compute.Attention;

/// <summary>
/// Constants of the max-shifted value cache for one storage type, in bits (powers of two).
/// With p significand bits, u = r * 2^(n - k + H) for v = n ln 2 + ln r, r in [1, 2].
/// </summary>
/// <param name="SignificandBits">
/// p; storage rounds u to p bits, so o is off by at most <c>-ln(1 - 2^-p)</c> nats.
/// </param>
/// <param name="Headroom">H: u is at most 2^H.</param>
/// <param name="Limit">
/// Largest spread of a channel, in bits, that keeps every u a normal number; above it the block is raw.
/// </param>
/// <param name="Wide">
/// Spread above which a block is summed in fp64, because an fp32 weight could have no bits left.
/// </param>
public readonly record struct ValueCacheFormat(int SignificandBits, int Headroom, int Limit, int Wide)
{
    /// <summary>Beyond this magnitude fp32 values are noise (spacing 0.125): the sequence fails.</summary>
    public const float LargestValue = 1 << 20;

    /// <summary>Shifts are stored as int16; a block that needs a larger one is raw.</summary>
    public const int LargestShift = 32767;

    /// <summary>The constants for a storage type.</summary>
    public static ValueCacheFormat For(DataType type) => type switch
    {
        DataType.Float32 => new(24, 96, 222, 96),
        DataType.BFloat16 => new(8, 96, 222, 96),
        DataType.Float16 => new(11, 14, 28, 96),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
