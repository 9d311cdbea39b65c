using Laser.Serve.Compute;
using Laser.Serve.Cuda;
using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>The CUDA backend over the device that tests run on.</summary>
internal static class TestedBackend
{
    static TestedBackend()
    {
        TestedCuda.UseLibrary();
    }

    public static IBackend Create(CudaOptions options) => new CudaBackend(options with { KernelCache = TestedCuda.KernelCache });
}
