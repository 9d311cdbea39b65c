using System.Diagnostics;
using Laser.Serve.Compute;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary>
/// <c>output_i = activation(gateUp_i) * gateUp_(i + n)</c>, n columns of output. The kernels are in
/// <c>GatedActivation.cu</c>.
/// </summary>
internal sealed class GatedActivationOperation(KernelLibrary kernels)
{
    private const int Threads = 256;
    private const int ColumnsPerBlock = 4 * Threads;

    private readonly CudaKernel _silu = kernels.Get("GatedActivation.cu", "silu");
    private readonly CudaKernel _gelu = kernels.Get("GatedActivation.cu", "gelu");
    private readonly CudaKernel _geluTanh = kernels.Get("GatedActivation.cu", "gelu_tanh");

    /// <summary>Activates the first <paramref name="rows"/> rows.</summary>
    public void Launch(LaunchQueue queue, CudaTensor gateUp, int rows, Activation activation, CudaTensor output)
    {
        Debug.Assert(
            gateUp.Columns == 2 * output.Columns && rows <= gateUp.RowCapacity && rows <= output.RowCapacity,
            "shapes of GatedActivate");
        CudaKernel kernel = activation switch
        {
            Activation.Silu => _silu,
            Activation.Gelu => _gelu,
            Activation.GeluTanh => _geluTanh,
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };
        if (rows == 0)
        {
            return;
        }

        queue.Add(
            kernel,
            (rows, (output.Columns + ColumnsPerBlock - 1) / ColumnsPerBlock, 1),
            Threads,
            0,
            gateUp.Address,
            Argument.Of(output.Columns),
            output.Address);
    }
}
