using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Tests;

/// <summary>Device 0 as the product opens it, over the emulation.</summary>
internal static class TestDevice
{
    /// <summary>Makes the product find the emulation. Everything that uses a library does this first.</summary>
    public static void UseLibrary() => NativeLibraries.Override(EmulatedCuda.Library);

    public static CudaDevice Open()
    {
        UseLibrary();
        return CudaDevice.Open(0);
    }

    /// <summary>All that is taken from the driver and was not given back: memory of both kinds, and handles.</summary>
    public static int LiveCount() =>
        EmulatedCuda.LiveAllocations() + EmulatedCuda.LiveHostAllocations() + EmulatedCuda.LiveHandles();
}
