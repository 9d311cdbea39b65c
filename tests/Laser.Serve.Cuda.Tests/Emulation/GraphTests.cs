using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class GraphTests
{
    private const int ThreadLocal = 1;
    private const int Relaxed = 2;

    private const string Add = "__global__ void add(int* value, int amount) { *value += amount; }";

    [CudaFact]
    public void Graph_OfSeveralNodes_RepeatsThemWithTheArgumentsOfTheCapture()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(1);
        nint kernel = device.Kernel(Add);
        ulong value = device.Upload(100);
        nint executable = Capture(stream, () =>
        {
            Assert.Equal(DriverCodes.Success, NativeDriver.Fill(value, 0, sizeof(int), stream.Handle));
            Assert.Equal(DriverCodes.Success, Launch(stream, kernel, value, 3));
            Assert.Equal(DriverCodes.Success, Launch(stream, kernel, value, 4));
        });
        Assert.Equal(100, EmulatedDevice.Download<int>(value, 1)[0]);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(DriverCodes.Success, NativeDriver.LaunchGraph(executable, stream.Handle));
            Assert.Equal(DriverCodes.Success, Launch(stream, kernel, value, i));
            Assert.Equal(DriverCodes.Success, NativeDriver.Synchronize(stream.Handle));
            Assert.Equal(7 + i, EmulatedDevice.Download<int>(value, 1)[0]);
        }

        Assert.Equal(DriverCodes.Success, NativeDriver.DestroyExecutable(executable));
        Assert.Equal(DriverCodes.InvalidHandle, NativeDriver.LaunchGraph(executable, stream.Handle));
    }

    [CudaFact]
    public void Capture_WithACallThatWaits_IsVoid()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(1);
        nint graph;
        Assert.Equal(DriverCodes.Success, NativeDriver.BeginCapture(stream.Handle, ThreadLocal));
        Assert.Equal(DriverCodes.CaptureUnsupported, NativeDriver.Synchronize(stream.Handle));
        Assert.Equal(DriverCodes.CaptureInvalidated, NativeDriver.EndCapture(stream.Handle, &graph));
        Assert.Equal(0, graph);
    }

    [CudaTheory]
    [InlineData(ThreadLocal, DriverCodes.CaptureUnsupported, DriverCodes.CaptureInvalidated)]
    [InlineData(Relaxed, DriverCodes.Success, DriverCodes.Success)]
    public void Allocate_InACapture_IsForbiddenUnlessItIsRelaxed(int mode, int allocated, int ended)
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(1);
        nint graph;
        ulong address = 0;
        Assert.Equal(DriverCodes.Success, NativeDriver.BeginCapture(stream.Handle, mode));
        Assert.Equal(allocated, NativeDriver.Allocate(&address, 64));
        Assert.Equal(ended, NativeDriver.EndCapture(stream.Handle, &graph));

        _ = NativeDriver.Free(address);
        _ = NativeDriver.DestroyGraph(graph);
    }

    [CudaFact]
    public void Graph_OnMemoryThatWasFreed_LosesTheDevice()
    {
        using var device = new EmulatedDevice();
        using var stream = new TestStream(1);
        ulong address;
        Assert.Equal(DriverCodes.Success, NativeDriver.Allocate(&address, 64));
        ulong value = address;
        nint executable = Capture(
            stream, () => Assert.Equal(DriverCodes.Success, NativeDriver.Fill(value, 0, 64, stream.Handle)));
        Assert.Equal(DriverCodes.Success, NativeDriver.Free(value));

        Assert.Equal(DriverCodes.Success, NativeDriver.LaunchGraph(executable, stream.Handle));
        Assert.Equal(DriverCodes.IllegalAddress, NativeDriver.Synchronize(stream.Handle));
        Assert.Contains("freed before its turn", EmulatedCuda.LastMessage, StringComparison.Ordinal);
        _ = NativeDriver.DestroyExecutable(executable);
    }

    private static nint Capture(TestStream stream, Action record)
    {
        nint graph;
        nint executable;
        Assert.Equal(DriverCodes.Success, NativeDriver.BeginCapture(stream.Handle, ThreadLocal));
        record();
        Assert.Equal(DriverCodes.Success, NativeDriver.EndCapture(stream.Handle, &graph));
        Assert.Equal(DriverCodes.Success, NativeDriver.Instantiate(&executable, graph));
        Assert.Equal(DriverCodes.Success, NativeDriver.DestroyGraph(graph));
        return executable;
    }

    private static int Launch(TestStream stream, nint kernel, ulong value, int amount) =>
        EmulatedDevice.LaunchOn(stream.Handle, kernel, (1, 1, 1), (1, 1, 1), 0, value, (ulong)amount);
}
