using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class LaunchTests
{
    private const int ProgrammaticStreamSerialization = 6;
    private const int MaxThreadsPerBlock = 0;

    private const string Bounded = """
        __global__ void __launch_bounds__(WARPS * 32, 2) bounded(int* output)
        {
            int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
            int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
            output[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
        }
        """;

    [CudaFact]
    public void Launch_InThreeDimensions_NumbersBlocksAndThreads()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Load($"extern \"C\" {Bounded}", "WARPS=2");
        ulong output = device.Allocate(12 * 30 * sizeof(int));
        foreach (int schedule in EmulatedCuda.Schedules)
        {
            EmulatedCuda.SetSchedule(schedule);
            Assert.Equal(DriverCodes.Success, NativeDriver.Fill(output, 0, 12 * 30 * sizeof(int), 0));
            Assert.Equal(
                DriverCodes.Success,
                EmulatedDevice.LaunchOn(0, EmulatedDevice.Function(kernel, "bounded"), (2, 3, 2), (5, 3, 2), 0, output));
            Assert.Equal(
                Enumerable.Range(0, 12 * 30).Select(i => (i / 30 * 1000) + (i % 30)),
                EmulatedDevice.Download<int>(output, 12 * 30));
        }
    }

    [CudaTheory]
    [InlineData(1, 1, 64, DriverCodes.Success)]
    [InlineData(1, 1, 65, DriverCodes.InvalidValue)]
    [InlineData(1, 1, 0, DriverCodes.InvalidValue)]
    [InlineData(0, 1, 64, DriverCodes.InvalidValue)]
    [InlineData(1, 65536, 64, DriverCodes.InvalidValue)]
    public void Launch_BeyondALimit_IsRefused(int gridX, int gridY, int threads, int code)
    {
        using var device = new EmulatedDevice();
        nint kernel = EmulatedDevice.Function(device.Load($"extern \"C\" {Bounded}", "WARPS=2"), "bounded");
        int most;
        Assert.Equal(DriverCodes.Success, NativeDriver.GetAttribute(&most, MaxThreadsPerBlock, kernel));
        Assert.Equal(64, most);

        Assert.Equal(
            code, EmulatedDevice.LaunchOn(0, kernel, (gridX, gridY, 1), (threads, 1, 1), 0, device.Allocate(64 * sizeof(int))));
    }

    [CudaFact]
    public void Arguments_InCellsOf8Bytes_AreReadFromTheLowBytes()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("""
            __global__ void arguments(double* output, int i, float f, long long l, unsigned short s, bool b)
            {
                output[0] = i;
                output[1] = f;
                output[2] = l;
                output[3] = s;
                output[4] = b;
            }
            """);
        ulong output = device.Allocate(5 * sizeof(double));
        const ulong Rubbish = 0xdead_0000_0000_0000;

        Assert.Equal(
            DriverCodes.Success,
            EmulatedDevice.Launch(
                kernel, 1, 1, 0, output, Rubbish | unchecked((uint)-7), Rubbish | EmulatedDevice.Cell(1.5f),
                unchecked((ulong)-9L), Rubbish | 65535, Rubbish | 1));
        Assert.Equal([-7, 1.5, -9, 65535, 1], EmulatedDevice.Download<double>(output, 5));
    }

    [CudaTheory]
    [InlineData("emu::emu_dependency_wait();", DriverCodes.Success)]
    [InlineData("", DriverCodes.LaunchFailed)]
    public void LaunchEx_ToOverlapItsPredecessor_NeedsAKernelThatWaits(string wait, int code)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel($$"""__global__ void dependent() { {{wait}} }""");
        int* attribute = stackalloc int[18];
        attribute[0] = ProgrammaticStreamSerialization;
        attribute[2] = 1;
        var config = new LaunchConfig
        {
            GridX = 1,
            GridY = 1,
            GridZ = 1,
            BlockX = 1,
            BlockY = 1,
            BlockZ = 1,
            Attributes = attribute,
            AttributeCount = 1,
        };
        void* none = null;

        Assert.Equal(code, NativeDriver.LaunchEx(&config, kernel, &none));
    }

    [CudaFact]
    public void Function_ThatIsNotThere_IsNotFound()
    {
        using var device = new EmulatedDevice();
        nint function;

        Assert.Equal(
            DriverCodes.NotFound, NativeDriver.GetFunction(&function, device.Load("__global__ void a() { }"), "b"));
    }
}
