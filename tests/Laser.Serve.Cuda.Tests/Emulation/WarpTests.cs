using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class WarpTests
{
    private const int Lanes = 32;

    private const string Shuffle = """
        __global__ void shuffle(TYPE* values)
        {
            int lane = threadIdx.x;
            values[lane] = CALL;
        }
        """;

    [CudaTheory]
    [InlineData("__shfl_sync(~0u, values[lane], 5)", 32)]
    [InlineData("__shfl_sync(~0u, values[lane], lane + 3, 8)", 8)]
    [InlineData("__shfl_xor_sync(~0u, values[lane], 3)", 32)]
    [InlineData("__shfl_up_sync(~0u, values[lane], 2)", 32)]
    [InlineData("__shfl_down_sync(~0u, values[lane], 2, 16)", 16)]
    public void Shuffle_OfEachType_MovesAsThePtxManualSays(string call, int width)
    {
        using var device = new EmulatedDevice();
        int[] expected = [.. Enumerable.Range(0, Lanes).Select(lane => Source(call, lane, width))];

        Assert.Equal(expected, Run(device, "int", call, expected.Length, lane => lane));
        Assert.Equal(expected.Select(i => (float)i), Run(device, "float", call, expected.Length, lane => (float)lane));
        Assert.Equal(expected.Select(i => (double)i), Run(device, "double", call, expected.Length, lane => (double)lane));
        Assert.Equal(
            expected.Select(i => (ulong)i << 40),
            Run(device, "unsigned long long", call, expected.Length, lane => (ulong)lane << 40));
    }

    [CudaFact]
    public void Vote_OfOddLanes_IsTheirMask()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("""
            __global__ void vote(unsigned* output)
            {
                int lane = threadIdx.x % 32;
                unsigned odd = __ballot_sync(~0u, lane & 1);
                int any = __any_sync(~0u, lane == 40);
                int all = __all_sync(~0u, lane < 32);
                output[threadIdx.x] = odd ^ (any << 1) ^ !all;
            }
            """);
        ulong output = device.Allocate(64 * sizeof(uint));

        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 64, 0, output));
        Assert.All(EmulatedDevice.Download<uint>(output, 64), votes => Assert.Equal(0xaaaaaaaau, votes));
    }

    // Halves of a warp do different numbers of operations among themselves, and then meet.
    [CudaFact]
    public void Shuffle_OfHalvesAndThenOfAll_GivesEachItsOwn()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("""
            __global__ void halves(int* output)
            {
                int lane = threadIdx.x;
                int value = lane;
                if (lane < 16)
                {
                    value = __shfl_xor_sync(0x0000ffffu, value, 1);
                }
                else
                {
                    value = __shfl_xor_sync(0xffff0000u, value, 1);
                    value = __shfl_xor_sync(0xffff0000u, value, 2);
                }

                output[lane] = __shfl_xor_sync(~0u, value, 16);
            }
            """);
        ulong output = device.Allocate(Lanes * sizeof(int));
        foreach (int schedule in EmulatedCuda.Schedules)
        {
            EmulatedCuda.SetSchedule(schedule);

            Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, Lanes, 0, output));
            Assert.Equal(
                Enumerable.Range(0, Lanes).Select(lane => lane < 16 ? (lane ^ 16) ^ 3 : (lane ^ 16) ^ 1),
                EmulatedDevice.Download<int>(output, Lanes));
        }
    }

    [CudaTheory]
    [InlineData("if (threadIdx.x < 16) __shfl_sync(~0u, 1, 0); else __ballot_sync(~0u, 1);", "meet at different operations")]
    [InlineData("if (threadIdx.x < 16) __shfl_sync(~0u, 1, 0);", "deadlock")]
    [InlineData("__shfl_sync(0xfffffffeu, 1, 1);", "leaves it out")]
    [InlineData("__shfl_sync(1u << threadIdx.x, 1, 4);", "reads a lane that is not in its mask")]
    [InlineData("if (threadIdx.x > 0) __syncwarp();", "deadlock")]
    public void WarpOperation_WithoutAllLanes_Fails(string body, string message)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel($$"""__global__ void broken() { {{body}} }""");

        Assert.Equal(DriverCodes.LaunchFailed, EmulatedDevice.Launch(kernel, 1, Lanes, 0));
        Assert.Contains(message, EmulatedCuda.LastMessage, StringComparison.Ordinal);
    }

    [CudaTheory]
    [InlineData(16, DriverCodes.Success)]
    [InlineData(12, DriverCodes.LaunchFailed)]
    public void Shuffle_InABlockOfPartOfAWarp_ReadsOnlyLanesThatAreThere(int threads, int code)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("__global__ void part() { __shfl_xor_sync(~0u, 1, 8); }");

        Assert.Equal(code, EmulatedDevice.Launch(kernel, 1, threads, 0));
    }

    // The lane that the PTX manual lets a lane read; its own where there is none.
    private static int Source(string call, int lane, int width)
    {
        int first = lane / width * width;
        int source = call.Split('(')[0] switch
        {
            "__shfl_xor_sync" => lane ^ 3,
            "__shfl_up_sync" => lane - 2,
            "__shfl_down_sync" => lane + 2,
            _ => first + ((width == 32 ? 5 : lane + 3) % width),
        };
        return source < first || source >= first + width ? lane : source;
    }

    private static T[] Run<T>(EmulatedDevice device, string type, string call, int count, Func<int, T> valueOf)
        where T : unmanaged
    {
        nint kernel = device.Kernel(Shuffle, $"TYPE={type}", $"CALL={call}");
        ulong values = device.Upload<T>([.. Enumerable.Range(0, count).Select(valueOf)]);
        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, count, 0, values));
        return EmulatedDevice.Download<T>(values, count);
    }
}
