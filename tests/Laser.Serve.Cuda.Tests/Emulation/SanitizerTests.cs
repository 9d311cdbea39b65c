using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class SanitizerTests
{
    // Blocks add what their threads hold into one number each; the last one to finish adds those up.
    private const string LastBlockSums = """
        static unsigned finished;
        static float partial[4];
        static float total;

        __global__ void sum()
        {
            float* values = (float*)emu::emu_smem();
            bool* isLast = (bool*)(values + 64);
            values[threadIdx.x] = 1.f;
            BARRIER
            if (threadIdx.x == 0)
            {
                float all = 0.f;
                for (int i = 0; i < 64; i++)
                {
                    all += values[i];
                }

                partial[blockIdx.x] = all;
                FENCE
                *isLast = atomicAdd(&finished, 1) == gridDim.x - 1;
                FENCE
            }

            __syncthreads();
            if (*isLast && threadIdx.x == 63)
            {
                total = partial[0] + partial[1] + partial[2] + partial[3];
            }
        }

        int main()
        {
            emu::launch("sum", dim3(4), dim3(64), 64 * 4 + 1, [] { sum(); });
            return total == 256.f ? 0 : 1;
        }
        """;

    [CudaTheory]
    [InlineData(Sanitizer.None)]
    [InlineData(Sanitizer.Address)]
    [InlineData(Sanitizer.Thread)]
    public void Program_ThatIsRight_Runs(Sanitizer sanitizer)
    {
        (int code, string output) = SanitizedProgram.Run(Source("__syncthreads();", "__threadfence();"), sanitizer);

        Assert.True(code == 0, output);
    }

    [CudaTheory]
    [InlineData("__syncwarp();", "__threadfence();")]
    [InlineData("__syncthreads();", "")]
    public void Program_WithoutABarrierOrAFence_IsARace(string barrier, string fence)
    {
        (int code, string output) = SanitizedProgram.Run(Source(barrier, fence), Sanitizer.Thread);

        Assert.NotEqual(0, code);
        Assert.Contains("data race", output, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Program_ThatLeavesSharedMemoryByAByte_IsAnOverflow()
    {
        string source = Source("__syncthreads();", "__threadfence();").Replace("64 * 4 + 1", "64 * 4", StringComparison.Ordinal);
        (int code, string output) = SanitizedProgram.Run(source, Sanitizer.Address);

        Assert.NotEqual(0, code);
        Assert.Contains("heap-buffer-overflow", output, StringComparison.Ordinal);
    }

    private static string Source(string barrier, string fence) => LastBlockSums
        .Replace("BARRIER", barrier, StringComparison.Ordinal)
        .Replace("FENCE", fence, StringComparison.Ordinal);
}
