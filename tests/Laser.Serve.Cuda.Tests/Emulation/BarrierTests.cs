using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class BarrierTests
{
    private const int Threads = 96;

    // Every thread reads what the thread at the other end of the block wrote.
    private const string Reverse = """
        __global__ void reverse(int* output)
        {
            SMEM(int, values);
            values[threadIdx.x] = threadIdx.x + 1;
            BARRIER;
            output[threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
        }
        """;

    public static TheoryData<int> Schedules => [.. EmulatedCuda.Schedules];

    [CudaTheory]
    [MemberData(nameof(Schedules))]
    public void Syncthreads_BetweenWriteAndRead_OrdersThem(int schedule)
    {
        using var device = new EmulatedDevice();
        EmulatedCuda.SetSchedule(schedule);

        Assert.Equal(Enumerable.Range(1, Threads).Reverse(), RunReverse(device, "BARRIER=__syncthreads()"));
    }

    [CudaFact]
    public void Syncthreads_Missing_ShowsInSomeSchedule()
    {
        using var device = new EmulatedDevice();

        Assert.Contains(EmulatedCuda.Schedules, schedule =>
        {
            EmulatedCuda.SetSchedule(schedule);
            return !RunReverse(device, "BARRIER=").SequenceEqual(Enumerable.Range(1, Threads).Reverse());
        });
    }

    [CudaFact]
    public void Syncthreads_InABranch_IsADeadlockThatNamesThreads()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("""
            __global__ void divergent()
            {
                if (threadIdx.x < 32)
                {
                    __syncthreads();
                }
                else
                {
                    __syncwarp();
                    __syncthreads();
                    __syncthreads();
                }
            }
            """);

        Assert.Equal(DriverCodes.LaunchFailed, EmulatedDevice.Launch(kernel, 1, 64, 0));
        Assert.Contains("kernel divergent, block (0, 0, 0)", EmulatedCuda.LastMessage, StringComparison.Ordinal);
        Assert.Contains("thread 32 at __syncthreads", EmulatedCuda.LastMessage, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Syncthreads_AfterSomeReturned_Fails()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("""
            __global__ void early()
            {
                if (threadIdx.x >= 40)
                {
                    return;
                }

                __syncthreads();
            }
            """);

        Assert.Equal(DriverCodes.LaunchFailed, EmulatedDevice.Launch(kernel, 1, 64, 0));
        Assert.Contains("after some threads have returned", EmulatedCuda.LastMessage, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Launch_AfterAFailure_WorksOnceTheDeviceRecovered()
    {
        using var device = new EmulatedDevice();
        nint failing = device.Kernel("__global__ void failing() { if (threadIdx.x == 3) __trap(); __syncthreads(); }");
        Assert.Equal(DriverCodes.LaunchFailed, EmulatedDevice.Launch(failing, 2, 64, 0));
        Assert.Equal(DriverCodes.LaunchFailed, EmulatedDevice.Launch(failing, 2, 64, 0));
        Assert.Contains("thread 3: __trap", EmulatedCuda.LastMessage, StringComparison.Ordinal);
        Assert.Contains("__trap", NativeDriver.ErrorText(DriverCodes.LaunchFailed), StringComparison.Ordinal);

        EmulatedCuda.Recover();

        Assert.Equal(Enumerable.Range(1, Threads).Reverse(), RunReverse(device, "BARRIER=__syncthreads()"));
    }

    private static int[] RunReverse(EmulatedDevice device, string define)
    {
        nint kernel = device.Kernel(Reverse, define);
        ulong output = device.Allocate(Threads * sizeof(int));
        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, Threads, Threads * sizeof(int), output));
        return EmulatedDevice.Download<int>(output, Threads);
    }
}
