using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary>
/// Rotary position embedding in place on the first heads of every row, by a table of cosines and sines; a position that
/// is not in the table gives NaN. The kernel is in <c>Rotary.cu</c>.
/// </summary>
internal sealed class RotaryOperation(KernelLibrary kernels)
{
    private const int Threads = 256;

    private readonly CudaKernel _kernel = kernels.Get("Rotary.cu", "rotary");

    /// <summary>Rotates.</summary>
    /// <param name="queue">Takes the launch.</param>
    /// <param name="positions">Device address of the rows' positions, int32.</param>
    /// <param name="rows">How many.</param>
    /// <param name="tensor">The heads stand first in its rows.</param>
    /// <param name="headCount">Heads to rotate.</param>
    /// <param name="headDim">Columns of a head.</param>
    /// <param name="table">Per position, cosines and then sines: as wide as what is rotated of a head.</param>
    public void Launch(
        LaunchQueue queue, ulong positions, int rows, CudaTensor tensor, int headCount, int headDim, CudaTensor table)
    {
        Debug.Assert(
            headCount * headDim <= tensor.Columns && table.Columns <= headDim && rows <= tensor.RowCapacity,
            "shapes of RotaryEmbed");
        if (rows == 0)
        {
            return;
        }

        queue.Add(
            _kernel,
            (rows, 1, 1),
            Threads,
            0,
            positions,
            table.Address,
            Argument.Of(table.RowCapacity),
            Argument.Of(table.Columns / 2),
            tensor.Address,
            Argument.Of(tensor.Columns),
            Argument.Of(headCount),
            Argument.Of(headDim));
    }
}
