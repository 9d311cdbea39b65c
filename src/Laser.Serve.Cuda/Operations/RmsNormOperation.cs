using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary>
/// <c>output = input / sqrt(mean(input^2) + epsilon) * weight</c> per row; may be in place. The kernel is in
/// <c>RmsNorm.cu</c>.
/// </summary>
internal sealed class RmsNormOperation(KernelLibrary kernels)
{
    private const int Threads = 256;
    private const int SharedBytes = Threads / 32 * sizeof(float);

    private readonly CudaKernel _kernel = kernels.Get("RmsNorm.cu", "rms_norm");

    /// <summary>Normalises the first <paramref name="rows"/> rows.</summary>
    public void Launch(
        LaunchQueue queue, CudaTensor input, int rows, CudaTensor weight, float epsilon, CudaTensor output)
    {
        Debug.Assert(
            input.Columns == weight.Columns && input.Columns == output.Columns
            && rows <= input.RowCapacity && rows <= output.RowCapacity,
            "shapes of RmsNorm");
        if (rows == 0)
        {
            return;
        }

        queue.Add(
            _kernel,
            (rows, 1, 1),
            Threads,
            SharedBytes,
            input.Address,
            weight.Address,
            Argument.Of(input.Columns),
            Argument.Of(epsilon),
            output.Address);
    }
}
