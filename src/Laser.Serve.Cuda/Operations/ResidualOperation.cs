using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary><c>residual += delta</c>. The kernel is in <c>Residual.cu</c>.</summary>
internal sealed class ResidualOperation(KernelLibrary kernels)
{
    private const int Threads = 256;
    private const int NumbersPerBlock = 4 * Threads;

    private readonly CudaKernel _kernel = kernels.Get("Residual.cu", "add_residual");

    /// <summary>Adds the first <paramref name="rows"/> rows.</summary>
    public void Launch(LaunchQueue queue, CudaTensor residual, int rows, CudaTensor delta)
    {
        Debug.Assert(
            residual.Columns == delta.Columns && rows <= residual.RowCapacity && rows <= delta.RowCapacity,
            "shapes of AddResidual");
        if (rows == 0)
        {
            return;
        }

        long count = (long)rows * residual.Columns;
        queue.Add(
            _kernel,
            (checked((int)((count + NumbersPerBlock - 1) / NumbersPerBlock)), 1, 1),
            Threads,
            0,
            residual.Address,
            delta.Address,
            Argument.Of(count));
    }
}
