using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>Machine code on a device, and the kernels taken from it so far.</summary>
internal sealed unsafe class KernelModule : IDisposable
{
    private readonly CudaDevice _device;
    private readonly CuModule _module;
    private readonly Dictionary<string, CudaKernel> _kernels = [];

    /// <summary>Loads code.</summary>
    /// <param name="device">Where to.</param>
    /// <param name="name">What it is, in words for an error.</param>
    /// <param name="image">Machine code for the device's architecture.</param>
    /// <exception cref="CudaException">The driver refuses the code.</exception>
    public KernelModule(CudaDevice device, string name, byte[] image)
    {
        _device = device;
        device.Use();
        fixed (byte* start = image)
        {
            CuResult result = Driver.cuModuleLoadData(out _module, start);
            if (result != CuResult.Success)
            {
                throw CudaStatus.Error(result, $"Loading {name} on {device.Description}");
            }
        }
    }

    /// <summary>A kernel by its entry point.</summary>
    /// <exception cref="CudaException">There is no such entry point.</exception>
    public CudaKernel Get(string entry)
    {
        if (!_kernels.TryGetValue(entry, out CudaKernel? kernel))
        {
            CuResult result = Driver.cuModuleGetFunction(out CuFunction function, _module, entry);
            if (result != CuResult.Success)
            {
                throw CudaStatus.Error(result, $"Looking for kernel {entry}");
            }

            kernel = new CudaKernel(_device, entry, function.Value);
            _kernels.Add(entry, kernel);
        }

        return kernel;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_device.TryUse())
        {
            _ = Driver.cuModuleUnload(_module);
        }
    }
}
