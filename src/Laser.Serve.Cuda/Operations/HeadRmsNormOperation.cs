using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary>
/// <see cref="RmsNormOperation"/> in place on each of some heads of a row. The kernel is in <c>RmsNorm.cu</c>.
/// </summary>
internal sealed class HeadRmsNormOperation(KernelLibrary kernels)
{
    private const int Threads = 256;
    private const int HeadsPerBlock = Threads / 32;

    private readonly CudaKernel _kernel = kernels.Get("RmsNorm.cu", "head_rms_norm");

    /// <summary>
    /// Normalises <paramref name="headCount"/> heads of <paramref name="headDim"/> columns from
    /// <paramref name="firstColumn"/> on, in the first <paramref name="rows"/> rows.
    /// </summary>
    public void Launch(
        LaunchQueue queue,
        CudaTensor tensor,
        int rows,
        int firstColumn,
        int headCount,
        int headDim,
        CudaTensor weight,
        float epsilon)
    {
        Debug.Assert(
            firstColumn + (headCount * headDim) <= tensor.Columns
            && headDim == weight.Columns && rows <= tensor.RowCapacity,
            "shapes of HeadRmsNorm");
        if (rows == 0)
        {
            return;
        }

        queue.Add(
            _kernel,
            (rows, (headCount + HeadsPerBlock - 1) / HeadsPerBlock, 1),
            Threads,
            0,
            tensor.Address,
            Argument.Of(tensor.Columns),
            Argument.Of(firstColumn),
            Argument.Of(headCount),
            Argument.Of(headDim),
            weight.Address,
            Argument.Of(epsilon));
    }
}
