namespace Laser.Serve.Cuda.Launching;

/// <summary>Kernel arguments in cells of eight bytes; a kernel reads the low ones. A pointer is a cell as it is.</summary>
internal static class Argument
{
    /// <summary>An <c>int</c> of the kernel.</summary>
    public static ulong Of(int value) => (uint)value;

    /// <summary>A <c>float</c> of the kernel.</summary>
    public static ulong Of(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>A <c>long long</c> of the kernel.</summary>
    public static ulong Of(long value) => (ulong)value;
}
