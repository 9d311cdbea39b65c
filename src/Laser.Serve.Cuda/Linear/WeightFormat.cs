namespace Laser.Serve.Cuda.Linear;

/// <summary>How the weights of a matrix are kept. Kernels know a format by its number.</summary>
internal enum WeightFormat
{
    /// <summary>fp32.</summary>
    Float32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    Float16 = 1,

    /// <summary>bf16.</summary>
    BFloat16 = 2,

    /// <summary>8-bit integers with a scale per group, see <see cref="Compute.Numerics.QuantizedGroup"/>.</summary>
    Int8 = 3,
}

/// <summary>Sizes of <see cref="WeightFormat"/>.</summary>
internal static class WeightFormatExtensions
{
    /// <summary>Size of one weight in bytes, without scales.</summary>
    public static int ByteSize(this WeightFormat format) => format switch
    {
        WeightFormat.Float32 => 4,
        WeightFormat.Int8 => 1,
        _ => 2,
    };
}
