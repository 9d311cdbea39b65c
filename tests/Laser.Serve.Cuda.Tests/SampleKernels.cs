using Laser.Serve.Cuda.Compilation;

namespace Laser.Serve.Cuda.Tests;

/// <summary>Device code for tests of the host's side.</summary>
internal static class SampleKernels
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["factor.cuh"] = """
            __device__ __forceinline__ float factor() { return (float)FACTOR; }

            """,
        ["scale.cuh"] = """
            #include "factor.cuh"
            __device__ __forceinline__ float scaled(float value) { return value * factor(); }

            """,
        ["Scale.cu"] = """
            #include "scale.cuh"

            extern "C" __global__ void __launch_bounds__(1024) scale(float* values, int count)
            {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < count)
                {
                    values[i] = scaled(values[i]);
                }
            }

            extern "C" __global__ void __launch_bounds__(1024) offset(float* values, int count, float delta)
            {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < count)
                {
                    values[i] = values[i] + delta;
                }
            }

            extern "C" __global__ void __launch_bounds__(32) store(long long* target, long long value, long long ignored)
            {
                if (threadIdx.x == 0)
                {
                    target[blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z)] = value;
                }
            }

            """,
        ["Broken.cu"] = """
            extern "C" __global__ void broken(float* values)
            {
                values[0] = undeclared_name;
            }

            """,
    };

    /// <summary>All of them.</summary>
    public static KernelSources Sources { get; } = new(Files);

    /// <summary>All of them, one changed.</summary>
    public static KernelSources With(string file, Func<string, string> change) =>
        new(new Dictionary<string, string>(Files) { [file] = change(Files[file]) });
}
