using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Device;

[Collection(EmulationGroup.Name)]
public sealed class CudaDeviceTests : IDisposable
{
    private readonly CudaDevice _device = TestDevice.Open();

    public void Dispose() => _device.Dispose();

    [CudaFact]
    public void Open_Device_SaysWhatItIs()
    {
        Assert.Matches(@"^.+ \(sm_\d+\), driver \d+\.\d+$", _device.Description);
        Assert.Contains($"({_device.Architecture})", _device.Description);
        Assert.InRange(_device.MultiprocessorCount, 1, 1000);
        Assert.InRange(_device.MaxSharedBytes, 48 * 1024, 1 << 20);
        Assert.InRange(_device.FreeBytes(), 1, long.MaxValue);
    }

    [CudaFact]
    public void Use_OtherThread_CanWorkWithIt()
    {
        using DeviceBuffer buffer = new(_device, 3, "test");
        byte[] received = new byte[3];

        Thread other = new(() =>
        {
            buffer.Upload<byte>([1, 2, 3]);
            buffer.Download<byte>(received);
        });
        other.Start();
        other.Join();

        Assert.Equal([1, 2, 3], received);
    }

    [CudaFact]
    public void Use_Disposed_Throws()
    {
        CudaDevice device = TestDevice.Open();
        device.Dispose();
        device.Dispose();

        Assert.Throws<ObjectDisposedException>(device.Use);
        Assert.False(device.TryUse());
    }

    [CudaFact]
    public void Dispose_LastUser_GivesTheContextBack()
    {
        _device.Use();
        Assert.Equal(CuResult.Success, Driver.cuMemGetInfo_v2(out _, out _));

        _device.Dispose();

        Assert.NotEqual(CuResult.Success, Driver.cuMemGetInfo_v2(out _, out _));
    }

    [CudaFact]
    public void Use_AgainAndAgain_AllocatesNothing()
    {
        _device.Use();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _device.Use();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
