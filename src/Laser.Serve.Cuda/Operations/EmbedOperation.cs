using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Operations;

/// <summary>
/// <c>output[row] = table[id[row]]</c>, exactly; an id that is not in the table gives NaN. The kernels are in
/// <c>Embed.cu</c>.
/// </summary>
internal sealed class EmbedOperation(KernelLibrary kernels)
{
    private const int Threads = 256;

    private readonly CudaKernel _float32 = kernels.Get("Embed.cu", "embed_f32");
    private readonly CudaKernel _float16 = kernels.Get("Embed.cu", "embed_f16");
    private readonly CudaKernel _bfloat16 = kernels.Get("Embed.cu", "embed_bf16");

    /// <summary>Looks up <paramref name="rows"/> ids.</summary>
    /// <param name="queue">Takes the launch.</param>
    /// <param name="tokenIds">Device address of the ids, int32.</param>
    /// <param name="rows">How many.</param>
    /// <param name="table">Not quantized.</param>
    /// <param name="output">As wide as the table.</param>
    public void Launch(LaunchQueue queue, ulong tokenIds, int rows, CudaMatrix table, CudaTensor output)
    {
        Debug.Assert(
            table.Format != WeightFormat.Int8 && output.Columns == table.InputFeatures && rows <= output.RowCapacity,
            "shapes of Embed");
        if (rows == 0)
        {
            return;
        }

        CudaKernel kernel = table.Format switch
        {
            WeightFormat.Float32 => _float32,
            WeightFormat.Float16 => _float16,
            _ => _bfloat16,
        };
        queue.Add(
            kernel,
            (rows, 1, 1),
            Threads,
            0,
            tokenIds,
            table.Address,
            Argument.Of(table.OutputFeatures),
            Argument.Of(table.Stride),
            Argument.Of(table.InputFeatures),
            output.Address);
    }
}
