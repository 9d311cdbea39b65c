namespace Laser.Serve.Cpu.Linear;

/// <summary>How the weights of a matrix are kept.</summary>
internal enum WeightFormat
{
    /// <summary>fp32.</summary>
    Float32,

    /// <summary>bf16.</summary>
    BFloat16,

    /// <summary>8-bit integers with a scale per group, see <see cref="GroupLayout"/>.</summary>
    Int8,
}
