using Laser.Serve.Compute;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Device;

/// <summary>A kernel breaks the device: every call says so from then on, and what was taken can be given back still.</summary>
[Collection(EmulationGroup.Name)]
public sealed class DeviceLossTests : IDisposable
{
    private const int IllegalAddress = 700;

    private readonly CudaDevice _device = TestDevice.Open();
    private readonly KernelLibrary _kernels;
    private readonly CudaKernel _offset;
    private readonly LaunchQueue _queue;
    private readonly DeviceBuffer _values;

    public DeviceLossTests()
    {
        _kernels = new KernelLibrary(_device, null, SampleKernels.Sources);
        _offset = _kernels.Get("Scale.cu", "offset", "FACTOR=2");
        _queue = new LaunchQueue(_device);
        _values = new DeviceBuffer(_device, 4, "test");
    }

    public void Dispose()
    {
        EmulatedCuda.Recover();
        _values.Dispose();
        _queue.Dispose();
        _kernels.Dispose();
        _device.Dispose();
    }

    [CudaFact]
    public void Synchronize_KernelFailed_SaysThatTheDeviceIsLost()
    {
        EmulatedCuda.FailAfter(1, IllegalAddress);
        Step();

        AssertLost(_device.Stream.Synchronize);
    }

    [CudaTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Flush_EarlierListFailed_SaysThatTheDeviceIsLost(int rounds)
    {
        // Directly, while it captures a graph, and as a graph.
        for (int i = 1; i < rounds; i++)
        {
            Step();
        }

        _device.Stream.Synchronize();
        EmulatedCuda.FailAfter(1, IllegalAddress);
        Step();
        AssertLost(_device.Stream.Synchronize);

        AssertLost(Step);
        AssertLost(Step);
    }

    [CudaFact]
    public void UploadAndDownload_DeviceLost_SaySo()
    {
        byte[] bytes = new byte[4];
        EmulatedCuda.FailAfter(1, IllegalAddress);
        Step();

        AssertLost(() => _values.Download<byte>(bytes));
        AssertLost(() => _values.Upload<byte>(bytes));
        AssertLost(_values.Clear);
        AssertLost(() => new DeviceBuffer(_device, 4, "test").Dispose());
        AssertLost(() => _kernels.Get("Scale.cu", "scale", "FACTOR=2"));
    }

    [CudaFact]
    public void Dispose_DeviceLost_GivesEverythingBack()
    {
        Step();
        Step();
        Step();
        EmulatedCuda.FailAfter(1, IllegalAddress);
        Step();
        AssertLost(_device.Stream.Synchronize);

        _values.Dispose();
        _queue.Dispose();
        _kernels.Dispose();
        _device.Dispose();

        Assert.Equal(0, TestDevice.LiveCount());
    }

    private void Step()
    {
        _queue.Add(_offset, (1, 1, 1), 32, 0, _values.Address, Argument.Of(1), Argument.Of(1f));
        _queue.Flush();
    }

    private static void AssertLost(Action action)
    {
        DeviceLostException lost = Assert.Throws<DeviceLostException>(action);
        CudaException exception = Assert.IsType<CudaException>(lost.InnerException);
        Assert.Contains(exception.Name, lost.Message);
        Assert.Equal(IllegalAddress, exception.Code);
        Assert.Equal("CUDA_ERROR_ILLEGAL_ADDRESS", exception.Name);
    }
}
