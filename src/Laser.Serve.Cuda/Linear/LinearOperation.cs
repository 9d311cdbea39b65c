using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Linear;

/// <summary>
/// <c>output = input * weight^T + bias</c>, <c>[rows, inputs] x [outputs, inputs]</c>, fp32 in and out. How a row is
/// computed hangs on the format of the weights alone, never on the number of rows: inputs are cut into segments of 512,
/// each of them is added up in one order, and segments are added in ascending order.
/// </summary>
internal sealed class LinearOperation : IDisposable
{
    private const int SegmentInputs = 512;

    private readonly FusedLinear _fused;
    private readonly TensorCoreLinear? _tensorCores;

    /// <summary>Compiles what every model needs.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <param name="device">Where they run.</param>
    /// <param name="exact">Takes inputs as they are; otherwise they are rounded to bf16 for bf16 weights.</param>
    public LinearOperation(KernelLibrary kernels, CudaDevice device, bool exact)
    {
        _fused = new FusedLinear(kernels);
        _tensorCores = exact ? null : new TensorCoreLinear(kernels, device);
    }

    /// <summary>Bytes of device memory held, besides matrices.</summary>
    public long ByteSize => _tensorCores?.ByteSize ?? 0;

    /// <summary>Segments of a row of inputs.</summary>
    public static int SegmentsOf(int inputs) => (int)(((long)inputs + SegmentInputs - 1) / SegmentInputs);

    /// <summary>
    /// Makes room for products of up to so many rows of so many numbers, so that no step has to. Nothing that multiplies
    /// may be recorded or running.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public void Reserve(int rowCapacity, int inputs) => _tensorCores?.Reserve(rowCapacity, inputs);

    /// <summary>Compiles what matrices of a format need, so that no step has to.</summary>
    public void Prepare(WeightFormat format)
    {
        if (!UsesTensorCores(format))
        {
            _fused.Prepare(format);
        }
    }

    /// <summary>Multiplies the first <paramref name="rows"/> rows.</summary>
    public void Launch(
        LaunchQueue queue, CudaTensor input, int rows, CudaMatrix weight, CudaTensor? bias, CudaTensor output)
    {
        Debug.Assert(
            input.Columns == weight.InputFeatures && output.Columns == weight.OutputFeatures
            && (bias is null || bias.Columns == weight.OutputFeatures)
            && rows <= input.RowCapacity && rows <= output.RowCapacity && input != output,
            "shapes of Linear");
        if (rows == 0)
        {
            return;
        }

        if (UsesTensorCores(weight.Format))
        {
            _tensorCores!.Launch(queue, input, rows, weight, bias, output);
        }
        else
        {
            _fused.Launch(queue, input, rows, weight, bias, output);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _tensorCores?.Dispose();

    private bool UsesTensorCores(WeightFormat format) => _tensorCores is not null && format == WeightFormat.BFloat16;
}
