using Laser.Serve.Compute;
using Laser.Serve.Cuda.Device;

namespace Laser.Serve.Cuda.Memory;

/// <summary>fp32 activations in device memory, row-major, rows one behind the other.</summary>
internal sealed class CudaTensor : DeviceTensor
{
    /// <summary>Takes the memory, uninitialised.</summary>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public CudaTensor(CudaDevice device, int rowCapacity, int columns)
        : base(rowCapacity, columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Buffer = new DeviceBuffer(
            device, checked((long)rowCapacity * columns * sizeof(float)), $"tensor of {rowCapacity} x {columns}");
    }

    /// <summary>The memory, for copies.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>First value of the first row.</summary>
    public ulong Address => Buffer.Address;

    /// <inheritdoc />
    public override void Dispose() => Buffer.Dispose();
}
