using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class MemoryTests
{
    private const long DeviceBytes = 4L << 30;

    private const string Write = "__global__ void write(float* output, long long index) { output[index] = 1.f; }";

    [CudaFact]
    public void Allocate_BeyondTheDevice_IsOutOfMemory()
    {
        using var device = new EmulatedDevice();
        nuint free;
        nuint total;
        ulong address;
        Assert.Equal(DriverCodes.Success, NativeDriver.MemoryInfo(&free, &total));
        Assert.Equal(DeviceBytes, (long)total);
        Assert.Equal(DriverCodes.OutOfMemory, NativeDriver.Allocate(&address, (long)free + 1));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.Allocate(&address, 0));

        device.Allocate(1 << 20);
        nuint left;
        Assert.Equal(DriverCodes.Success, NativeDriver.MemoryInfo(&left, &total));
        Assert.Equal(1 << 20, (long)(free - left));

        EmulatedCuda.SetMemory(2 << 20);
        int code = NativeDriver.Allocate(&address, 2 << 20);
        EmulatedCuda.SetMemory(DeviceBytes);
        Assert.Equal(DriverCodes.OutOfMemory, code);
    }

    [CudaFact]
    public void Allocate_IsAlignedAndFullOfNan()
    {
        using var device = new EmulatedDevice();
        ulong address = device.Allocate(1000);

        Assert.Equal(0ul, address % 256);
        Assert.All(EmulatedDevice.Download<float>(address, 250), value => Assert.True(float.IsNaN(value)));
    }

    [CudaFact]
    public void LiveAllocations_CountWhatIsNotFreed()
    {
        using var device = new EmulatedDevice();
        int before = EmulatedCuda.LiveAllocations();
        int hostBefore = EmulatedCuda.LiveHostAllocations();
        ulong address;
        void* host;
        Assert.Equal(DriverCodes.Success, NativeDriver.Allocate(&address, 100));
        Assert.Equal(DriverCodes.Success, NativeDriver.AllocateHost(&host, 100));
        Assert.Equal(before + 1, EmulatedCuda.LiveAllocations());
        Assert.Equal(hostBefore + 1, EmulatedCuda.LiveHostAllocations());

        Assert.Equal(DriverCodes.Success, NativeDriver.Free(address));
        Assert.Equal(DriverCodes.Success, NativeDriver.FreeHost(host));
        Assert.Equal(before, EmulatedCuda.LiveAllocations());
        Assert.Equal(hostBefore, EmulatedCuda.LiveHostAllocations());
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.Free(address));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.FreeHost(host));
    }

    [CudaFact]
    public void Copy_OutOfBoundsOrTheWrongWay_IsRefused()
    {
        using var device = new EmulatedDevice();
        ulong address = device.Allocate(64);
        byte* host = stackalloc byte[128];

        Assert.Equal(DriverCodes.Success, NativeDriver.ToDevice(address, host, 64));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.ToDevice(address, host, 65));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.ToHost(host, address + 1, 64));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.ToDevice(address, (void*)address, 16));
        Assert.Equal(DriverCodes.InvalidValue, NativeDriver.Fill(address + 60, 0, 5, 0));
    }

    [CudaTheory]
    [InlineData(64, "0 bytes behind an allocation of 256")]
    [InlineData(-2000, "bytes before an allocation of 256")]
    public void Kernel_OutsideItsMemory_LosesTheDeviceAndSaysWhere(long index, string place)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(Write);
        ulong address = device.Allocate(256);

        Assert.Equal(DriverCodes.IllegalAddress, EmulatedDevice.Launch(kernel, 1, 1, 0, address, (ulong)index));
        Assert.Contains(place, EmulatedCuda.LastMessage, StringComparison.Ordinal);
        Assert.Contains("kernel write, block (0, 0, 0), thread 0", EmulatedCuda.LastMessage, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Kernel_WithTooMuchOnItsStack_LosesTheDevice()
    {
        using var device = new EmulatedDevice();
        nint module = device.Load("""
            __device__ int deep(int n, volatile int* p)
            {
                volatile int a[200];
                a[n % 200] = n;
                return n == 0 ? *p : deep(n - 1, a) + a[n % 200];
            }

            extern "C" __global__ void recurse(int* output) { *output = deep(1 << 20, output); }
            """);

        Assert.Equal(
            DriverCodes.IllegalAddress,
            EmulatedDevice.Launch(EmulatedDevice.Function(module, "recurse"), 1, 1, 0, device.Allocate(sizeof(int))));
    }

    [CudaFact]
    public void Fault_OfTheHost_IsStillAnException()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(Write);
        Assert.Equal(DriverCodes.IllegalAddress, EmulatedDevice.Launch(kernel, 1, 1, 0, 0, 0));
        string? nothing = null;

        Assert.Throws<NullReferenceException>(() => nothing!.Length);
    }
}
