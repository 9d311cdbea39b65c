namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class SharedMemoryTests
{
    private const int Default = 48 * 1024;
    private const int Most = 227 * 1024;
    private const int MaxDynamicSharedBytes = 8;

    private const string Touch = """
        __global__ void touch(float* output, int index)
        {
            SMEM(float, values);
            output[blockIdx.x] = values[index];
            values[index] = 1.f;
        }
        """;

    [CudaFact]
    public void SharedMemory_OfEachBlock_IsPoison()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(Touch);
        ulong output = device.Allocate(3 * sizeof(float));

        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 3, 1, 64, output, 15));
        Assert.All(EmulatedDevice.Download<float>(output, 3), value => Assert.True(float.IsNaN(value)));
    }

    [CudaFact]
    public void SharedMemory_Overrun_IsAnIllegalAddress()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(Touch);

        Assert.Equal(
            DriverCodes.IllegalAddress, EmulatedDevice.Launch(kernel, 1, 1, 128, device.Allocate(sizeof(float)), 32));
    }

    [CudaFact]
    public void Launch_WithMoreThanTheDefault_NeedsTheAttribute()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(Touch);
        ulong output = device.Allocate(sizeof(float));

        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 1, Default, output, 0));
        Assert.Equal(DriverCodes.InvalidValue, EmulatedDevice.Launch(kernel, 1, 1, Default + 1, output, 0));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.SetAttribute(kernel, MaxDynamicSharedBytes, Most + 1));
        Assert.Equal(DriverCodes.Success, NativeDriver.SetAttribute(kernel, MaxDynamicSharedBytes, Most));
        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 1, Most, output, (Most / sizeof(float)) - 1));
    }
}
