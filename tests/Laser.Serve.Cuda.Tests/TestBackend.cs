using Laser.Serve.Cuda.Compilation;

namespace Laser.Serve.Cuda.Tests;

/// <summary>The backend over the emulation.</summary>
internal static class TestBackend
{
    /// <summary>The device code that tests run; mutation tests run them with another.</summary>
    public static KernelSources Sources { get; set; } = KernelSources.Embedded;

    /// <summary>A backend on device 0.</summary>
    /// <param name="partialsBudget">Bytes for sums of attention; null for the product's own number.</param>
    public static CudaBackend Create(long? partialsBudget = null)
    {
        TestDevice.UseLibrary();
        return partialsBudget is long budget
            ? new CudaBackend(new CudaOptions(), Sources) { PartialsBudget = budget }
            : new CudaBackend(new CudaOptions(), Sources);
    }
}
