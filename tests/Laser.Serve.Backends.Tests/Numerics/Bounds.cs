using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>How far an output may be from the oracle.</summary>
internal static class Bounds
{
    /// <summary>eps: what rounding u to p bits does to o, <c>-ln(1 - 2^-p)</c>.</summary>
    public static double Storage(DataType type) =>
        -Math.Log(1 - Math.ScaleB(1, -ValueCacheFormat.For(type).SignificandBits));

    /// <summary>
    /// BOUND: storage, fp32 sums over a block, and weights from fp32 scores. For any input; the factor of
    /// max|s| covers the rounding of <c>s - S</c>.
    /// </summary>
    public static double Attention(DataType type, int blockSize, double largestScore) =>
        Storage(type) + ((blockSize + 8) * Math.ScaleB(1, -24)) + (Math.ScaleB(1, -23) * largestScore);

    /// <summary>For inputs as models have them.</summary>
    public static double Realistic(DataType type) => type switch
    {
        DataType.Float32 => 2e-6,
        DataType.BFloat16 => 4e-3,
        _ => 5e-4,
    };

    /// <summary>An output is an fp32 number: half a last place of it comes on top of every bound.</summary>
    public static double Rounding(double output) => Math.ScaleB(Math.Abs(output), -24);
}
