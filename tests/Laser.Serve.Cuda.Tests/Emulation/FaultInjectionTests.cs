using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class FaultInjectionTests
{
    private const int UncorrectableEcc = 214;

    private const string Increment = "__global__ void increment(int* value) { ++*value; }";

    [CudaFact]
    public void FailAfter_TwoLaunches_FailsTheSecondAndEverythingBehindIt()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(Increment);
        ulong value = device.Upload(0);
        ulong other;
        Assert.Equal(DriverCodes.Success, NativeDriver.Allocate(&other, 64));
        int alive = EmulatedCuda.LiveAllocations();
        EmulatedCuda.FailAfter(2, UncorrectableEcc);

        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 1, 0, value));
        Assert.Equal(UncorrectableEcc, EmulatedDevice.Launch(kernel, 1, 1, 0, value));
        nint stream;
        Assert.Equal(UncorrectableEcc, NativeDriver.CreateStream(&stream, 0));
        Assert.Equal(UncorrectableEcc, NativeDriver.Synchronize(0));

        // What is given back on a lost device is gone nevertheless.
        Assert.Equal(UncorrectableEcc, NativeDriver.Free(other));
        Assert.Equal(alive - 1, EmulatedCuda.LiveAllocations());

        EmulatedCuda.Recover();
        Assert.Equal(1, EmulatedDevice.Download<int>(value, 1)[0]);
    }

    [CudaFact]
    public void FailAfter_AGraphNode_FailsAtTheWait()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(1);
        nint kernel = device.Kernel(Increment);
        ulong value = device.Upload(0);
        nint graph;
        nint executable;
        Assert.Equal(DriverCodes.Success, NativeDriver.BeginCapture(stream.Handle, 1));
        for (int i = 0; i < 3; i++)
        {
            EmulatedDevice.LaunchOn(stream.Handle, kernel, (1, 1, 1), (1, 1, 1), 0, value);
        }

        Assert.Equal(DriverCodes.Success, NativeDriver.EndCapture(stream.Handle, &graph));
        Assert.Equal(DriverCodes.Success, NativeDriver.Instantiate(&executable, graph));
        EmulatedCuda.FailAfter(3, DriverCodes.IllegalAddress);

        Assert.Equal(DriverCodes.Success, NativeDriver.LaunchGraph(executable, stream.Handle));
        Assert.Equal(DriverCodes.IllegalAddress, NativeDriver.Synchronize(stream.Handle));
        EmulatedCuda.Recover();
        Assert.Equal(2, EmulatedDevice.Download<int>(value, 1)[0]);
        _ = NativeDriver.DestroyExecutable(executable);
        _ = NativeDriver.DestroyGraph(graph);
    }

    [CudaTheory]
    [InlineData(0, DriverCodes.IllegalAddress, 0)]
    [InlineData(1, DriverCodes.Success, 0)]
    [InlineData(1, DriverCodes.IllegalAddress, 99)]
    public void FailAfter_OfNothing_Throws(int launches, int code, int number)
    {
        using var device = new EmulatedDevice();

        Assert.Throws<ArgumentException>(() => EmulatedCuda.FailAfter(launches, code, number));
    }
}
