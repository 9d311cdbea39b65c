namespace Laser.Serve.Compute;

/// <summary>
/// Element type of stored weights and cache pages. Activations are not concerned: a device picks its own.
/// </summary>
public enum DataType
{
    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>The upper half of a binary32.</summary>
    BFloat16,
}

/// <summary>Sizes of <see cref="DataType"/>.</summary>
public static class DataTypeExtensions
{
    /// <summary>Size of one element in bytes.</summary>
    public static int ByteSize(this DataType type) => type == DataType.Float32 ? 4 : 2;
}
