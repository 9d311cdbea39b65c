using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary><c>output[i] = input[rows[i]]</c>. The kernel is in <c>Gather.cu</c>.</summary>
internal sealed class GatherOperation(KernelLibrary kernels)
{
    private const int Threads = 256;

    private readonly CudaKernel _kernel = kernels.Get("Gather.cu", "gather");

    /// <summary>Copies rows.</summary>
    /// <param name="queue">Takes the launch.</param>
    /// <param name="rows">Device address of the numbers of the rows, int32, each a row of the input.</param>
    /// <param name="count">How many.</param>
    /// <param name="input">Where they are.</param>
    /// <param name="output">As wide as the input.</param>
    public void Launch(LaunchQueue queue, ulong rows, int count, CudaTensor input, CudaTensor output)
    {
        Debug.Assert(input.Columns == output.Columns && count <= output.RowCapacity, "shapes of GatherLogitRows");
        if (count == 0)
        {
            return;
        }

        queue.Add(
            _kernel, (count, 1, 1), Threads, 0, rows, input.Address, Argument.Of(input.Columns), output.Address);
    }
}
