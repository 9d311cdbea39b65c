using Laser.Serve.Compute;
using Laser.Serve.Cuda;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>The CUDA backend over the emulated device, in the place of whatever this machine has.</summary>
internal static class EmulatedBackend
{
    static EmulatedBackend()
    {
        NativeLibraries.Override(EmulatedCuda.Library);
    }

    public static IBackend Create(CudaOptions options) => new CudaBackend(options);
}
