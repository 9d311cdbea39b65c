using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class AsyncCopyTests
{
    private const int Threads = 32;
    private const float Poison = -1;

    // Each thread brings 16 bytes to shared memory and takes the first number from there.
    private const string Copy = """
        __global__ void copy(const float* input, float* output)
        {
            SMEM(float, tile);
            emu::cp_async16(tile + threadIdx.x * 4, input + threadIdx.x * 4 + OFFSET, OK);
            emu::emu_cp_commit();
            WAIT;
            float value = tile[threadIdx.x * 4];
            output[threadIdx.x] = value == value ? value : -1.f;
            emu::cp_wait(0);
        }
        """;

    [CudaTheory]
    [InlineData(0)]
    [InlineData(1)]
    public void Copy_WaitedFor_IsThere(int schedule) => Assert.Equal(Numbers(), Run(schedule, "true", "emu::cp_wait(0)"));

    [CudaTheory]
    [InlineData(0)]
    [InlineData(1)]
    public void Copy_NotOk_FillsWithZeros(int schedule) =>
        Assert.All(Run(schedule, "false", "emu::cp_wait(0)"), value => Assert.Equal(0, value));

    [CudaFact]
    public void Copy_NotWaitedFor_IsNotThereAtEvenSchedules()
    {
        Assert.All(Run(0, "true", ""), value => Assert.Equal(Poison, value));
        Assert.All(Run(2, "true", "emu::cp_wait(1)"), value => Assert.Equal(Poison, value));
        Assert.Equal(Numbers(), Run(1, "true", ""));
    }

    // The second copy goes where the first one is still read from: only one that lands at once shows it.
    [CudaFact]
    public void Copy_OverATileThatIsStillRead_ShowsAtOddSchedules()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("""
            __global__ void overwrite(const float* input, float* output)
            {
                SMEM(float, tile);
                emu::cp_async16(tile, input, true);
                emu::emu_cp_commit();
                emu::cp_wait(0);
                emu::cp_async16(tile, input + 4, true);
                emu::emu_cp_commit();
                output[0] = tile[0];
                emu::cp_wait(0);
            }
            """);
        ulong input = device.Upload<float>(Numbers());
        ulong output = device.Allocate(sizeof(float));
        var seen = new List<float>();
        foreach (int schedule in EmulatedCuda.Schedules)
        {
            EmulatedCuda.SetSchedule(schedule);
            Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 1, 16, input, output));
            seen.Add(EmulatedDevice.Download<float>(output, 1)[0]);
        }

        Assert.Equal([0f, 4f, 0f, 4f], seen);
    }

    [CudaTheory]
    [InlineData("emu::cp_async16(tile, input, true);", DriverCodes.LaunchFailed, "not waited for")]
    [InlineData("emu::cp_async16(tile, input + 1, true);", DriverCodes.MisalignedAddress, "not a multiple of 16")]
    [InlineData("emu::cp_async16(input, input, true);", DriverCodes.IllegalAddress, "not in shared memory")]
    public void Copy_Wrong_Fails(string body, int code, string message)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel($$"""__global__ void wrong(float* input) { SMEM(float, tile); {{body}} }""");

        Assert.Equal(code, EmulatedDevice.Launch(kernel, 1, 1, 16, device.Upload<float>(Numbers())));
        Assert.Contains(message, EmulatedCuda.LastMessage, StringComparison.Ordinal);
    }

    private static float[] Run(int schedule, string ok, string wait)
    {
        using var device = new EmulatedDevice();
        EmulatedCuda.SetSchedule(schedule);
        nint kernel = device.Kernel(Copy, "OFFSET=0", $"OK={ok}", $"WAIT={wait}");
        ulong input = device.Upload<float>([.. Numbers().SelectMany(value => Enumerable.Repeat(value, 4))]);
        ulong output = device.Allocate(Threads * sizeof(float));
        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, Threads, Threads * 16, input, output));
        return EmulatedDevice.Download<float>(output, Threads);
    }

    private static float[] Numbers() => [.. Enumerable.Range(0, Threads).Select(i => (float)i)];
}
