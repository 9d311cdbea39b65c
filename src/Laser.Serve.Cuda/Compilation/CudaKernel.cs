using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>An entry point of device code, ready to be launched.</summary>
internal sealed class CudaKernel(CudaDevice device, string name, nint function)
{
    private const int MaxDynamicSharedBytes = 8; // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES

    /// <summary>Name of the entry point.</summary>
    public string Name { get; } = name;

    /// <summary>Handle for native calls.</summary>
    public nint Function { get; } = function;

    /// <summary>Bytes of shared memory that a launch may ask for: what every device gives, or what was reserved.</summary>
    public int SharedBytesLimit { get; private set; } = 48 * 1024;

    /// <summary>Lets launches have that much shared memory a block. Needed above 48 KiB only, allowed for any size.</summary>
    /// <exception cref="ArgumentException">No block of the device has so much.</exception>
    public void ReserveSharedMemory(int bytes)
    {
        if (bytes <= SharedBytesLimit)
        {
            return;
        }

        if (bytes > device.MaxSharedBytes)
        {
            throw new ArgumentException(
                $"Kernel {Name} needs {bytes} bytes of shared memory a block; {device.Description} has {device.MaxSharedBytes}.");
        }

        device.Use();
        CudaStatus.Check(Driver.cuFuncSetAttribute(new CuFunction(Function), MaxDynamicSharedBytes, bytes));
        SharedBytesLimit = bytes;
    }
}
