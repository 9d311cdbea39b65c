using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class StreamTests
{
    private const uint NonBlocking = 1;

    private const string Increment = "__global__ void increment(int* value) { ++*value; }";

    [CudaFact]
    public void Work_OfAStream_IsDoneWhenSomebodyWaits()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(NonBlocking);
        ulong value = device.Upload(5);
        Assert.Equal(DriverCodes.Success, Launch(stream, device.Kernel(Increment), value));

        Assert.Equal(5, EmulatedDevice.Download<int>(value, 1)[0]);
        Assert.Equal(DriverCodes.Success, NativeDriver.Synchronize(stream.Handle));
        Assert.Equal(6, EmulatedDevice.Download<int>(value, 1)[0]);
    }

    [CudaFact]
    public void Work_OfAStreamThatIsNotDeferred_IsDoneAtOnce()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(NonBlocking);
        EmulatedCuda.SetDeferredStreams(false);
        ulong value = device.Upload(5);
        Assert.Equal(DriverCodes.Success, Launch(stream, device.Kernel(Increment), value));

        Assert.Equal(6, EmulatedDevice.Download<int>(value, 1)[0]);
    }

    [CudaFact]
    public void DefaultStream_WaitsForBlockingStreamsOnly()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(0);
        ulong value = device.Upload(5);
        Assert.Equal(DriverCodes.Success, Launch(stream, device.Kernel(Increment), value));

        Assert.Equal(6, EmulatedDevice.Download<int>(value, 1)[0]);
    }

    [CudaFact]
    public void Query_WithWork_IsNotReadyTheFirstTime()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(NonBlocking);
        Assert.Equal(DriverCodes.Success, NativeDriver.Query(stream.Handle));
        Assert.Equal(DriverCodes.Success, Launch(stream, device.Kernel(Increment), device.Upload(5)));

        Assert.Equal(DriverCodes.NotReady, NativeDriver.Query(stream.Handle));
        Assert.Equal(DriverCodes.Success, NativeDriver.Query(stream.Handle));
    }

    // Pinned memory is read when the copy has its turn, other memory before the call returns.
    [CudaTheory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void AsyncCopy_OfMemoryThatChanges_SeesTheChangeOnlyWhereItIsPinned(bool pinned, int expected)
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(NonBlocking);
        ulong target = device.Allocate(sizeof(int));
        void* locked;
        Assert.Equal(DriverCodes.Success, NativeDriver.AllocateHost(&locked, sizeof(int)));
        int other;
        int* host = pinned ? (int*)locked : &other;
        *host = 1;
        Assert.Equal(DriverCodes.Success, NativeDriver.ToDevice(target, host, sizeof(int), stream.Handle));
        *host = 2;
        Assert.Equal(DriverCodes.Success, NativeDriver.Synchronize(stream.Handle));

        Assert.Equal(expected, EmulatedDevice.Download<int>(target, 1)[0]);
        Assert.Equal(DriverCodes.Success, NativeDriver.FreeHost(locked));
    }

    [CudaFact]
    public void AsyncCopy_ToPinnedMemory_ArrivesAtTheWait()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(NonBlocking);
        ulong source = device.Upload(7);
        void* locked;
        Assert.Equal(DriverCodes.Success, NativeDriver.AllocateHost(&locked, sizeof(int)));
        *(int*)locked = 0;
        Assert.Equal(DriverCodes.Success, NativeDriver.ToHost(locked, source, sizeof(int), stream.Handle));
        Assert.Equal(0, *(int*)locked);
        Assert.Equal(DriverCodes.Success, NativeDriver.Synchronize(stream.Handle));

        Assert.Equal(7, *(int*)locked);
        Assert.Equal(DriverCodes.Success, NativeDriver.FreeHost(locked));
    }

    [CudaFact]
    public void Event_OfAnotherStream_OrdersTheTwo()
    {
        using var device = new EmulatedDevice();
        using var first = new TestStream(NonBlocking);
        using var second = new TestStream(NonBlocking);
        ulong value = device.Upload(5);
        nint kernel = device.Kernel(Increment);
        nint reached;
        Assert.Equal(DriverCodes.Success, NativeDriver.CreateEvent(&reached));
        Assert.Equal(DriverCodes.Success, Launch(first, kernel, value));
        Assert.Equal(DriverCodes.Success, NativeDriver.RecordEvent(reached, first.Handle));
        Assert.Equal(DriverCodes.Success, Launch(first, kernel, value));
        Assert.Equal(DriverCodes.Success, NativeDriver.WaitForEvent(second.Handle, reached));
        Assert.Equal(DriverCodes.Success, NativeDriver.Synchronize(second.Handle));
        Assert.Equal(6, EmulatedDevice.Download<int>(value, 1)[0]);

        Assert.Equal(DriverCodes.Success, NativeDriver.WaitForEvent(reached));
        Assert.Equal(6, EmulatedDevice.Download<int>(value, 1)[0]);
        Assert.Equal(DriverCodes.Success, NativeDriver.DestroyEvent(reached));
    }

    [CudaFact]
    public void LiveHandles_CountWhatIsNotDestroyed()
    {
        using var device = new EmulatedDevice();
        int before = EmulatedCuda.LiveHandles();
        var stream = new TestStream(NonBlocking);
        Assert.Equal(before + 1, EmulatedCuda.LiveHandles());
        stream.Dispose();
        Assert.Equal(before, EmulatedCuda.LiveHandles());
    }

    private static int Launch(TestStream stream, nint kernel, ulong value) =>
        EmulatedDevice.LaunchOn(stream.Handle, kernel, (1, 1, 1), (1, 1, 1), 0, value);
}
