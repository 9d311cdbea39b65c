using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Compilation;

[Collection(EmulationGroup.Name)]
public sealed class KernelLibraryTests : IDisposable
{
    private readonly CudaDevice _device = TestDevice.Open();

    public void Dispose() => _device.Dispose();

    [CudaFact]
    public void Get_SourceWithError_ThrowsWithTheCompilersLog()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);

        CudaException exception = Assert.Throws<CudaException>(() => kernels.Get("Broken.cu", "broken"));

        Assert.Equal("NVRTC_ERROR_COMPILATION", exception.Name);
        Assert.Contains("Compiling Broken.cu", exception.Operation);
        Assert.Contains("undeclared_name", exception.Log);
        Assert.Contains("undeclared_name", exception.Message);
        Assert.False(exception.IsDeviceLost);
    }

    [CudaFact]
    public void Get_UnknownSource_IsRefused()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);

        Assert.Contains("Nothing.cu", Assert.Throws<ArgumentException>(() => kernels.Get("Nothing.cu", "f")).Message);
    }

    [CudaFact]
    public void Get_UnknownEntry_IsNamed()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);

        Assert.Contains("nothing", Assert.Throws<CudaException>(() => kernels.Get("Scale.cu", "nothing", "FACTOR=2")).Message);
    }

    [CudaFact]
    public void Get_SameProgramAgain_IsNotCompiledAgain()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);

        CudaKernel first = kernels.Get("Scale.cu", "scale", "FACTOR=2");
        CudaKernel other = kernels.Get("Scale.cu", "offset", "FACTOR=2");

        Assert.Same(first, kernels.Get("Scale.cu", "scale", "FACTOR=2"));
        Assert.NotSame(first, other);
        Assert.Equal("offset", other.Name);
        Assert.Equal(1, kernels.CompiledCount);
    }

    [CudaFact]
    public void Get_OtherDefines_AreAnotherProgram()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);

        // Headers of headers are found, too: the factor is used in one.
        Assert.Equal(2f, Run(kernels.Get("Scale.cu", "scale", "FACTOR=2")));
        Assert.Equal(3f, Run(kernels.Get("Scale.cu", "scale", "FACTOR=3")));
        Assert.Equal(2, kernels.CompiledCount);
    }

    [CudaFact]
    public void Get_EmbeddedSources_AllHaveTheirHeaders()
    {
        foreach (string resource in typeof(KernelLibrary).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".cu")))
        {
            KernelProgram program = KernelSources.Embedded.Program(resource, "sm_90", []);

            Assert.Equal(program.HeaderNames.Length, program.HeaderTexts.Length);
            Assert.Contains("__global__", program.Text);
        }
    }

    [CudaFact]
    public void ReserveSharedMemory_BeyondTheDevice_IsRefusedWithSizes()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);
        CudaKernel kernel = kernels.Get("Scale.cu", "scale", "FACTOR=2");

        string message = Assert.Throws<ArgumentException>(
            () => kernel.ReserveSharedMemory(_device.MaxSharedBytes + 1)).Message;

        Assert.Contains($"{_device.MaxSharedBytes + 1} bytes", message);
        Assert.Contains($"has {_device.MaxSharedBytes}", message);
        Assert.Equal(48 * 1024, kernel.SharedBytesLimit);
    }

    [CudaFact]
    public void ReserveSharedMemory_WhatTheDeviceHas_CanBeLaunched()
    {
        using KernelLibrary kernels = new(_device, null, SampleKernels.Sources);
        CudaKernel kernel = kernels.Get("Scale.cu", "scale", "FACTOR=2");

        kernel.ReserveSharedMemory(_device.MaxSharedBytes);

        Assert.Equal(2f, Run(kernel, _device.MaxSharedBytes));
    }

    private float Run(CudaKernel kernel, int sharedBytes = 0)
    {
        using LaunchQueue queue = new(_device);
        using DeviceBuffer buffer = new(_device, sizeof(float), "test");
        buffer.Upload<float>([1f]);
        queue.Add(kernel, (1, 1, 1), 32, sharedBytes, buffer.Address, Argument.Of(1));
        queue.Flush();
        Span<float> result = stackalloc float[1];
        buffer.Download(result);
        return result[0];
    }
}
