using Laser.Serve.Compute;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Operations;

namespace Laser.Serve.Cuda.Tests.Linear;

/// <summary>A loaded matrix, and products with it.</summary>
internal sealed class LinearRig : IDisposable
{
    private readonly OperationRig _rig = new();
    private readonly CudaTensor? _bias;

    public LinearRig(bool exact, bool quantize, float[]? bias, params ReadOnlySpan<HostTensor> stacked)
    {
        Operation = _rig.Own(new LinearOperation(_rig.Kernels, _rig.Device, exact));
        Matrix = _rig.Own(new MatrixLoader(_rig.Device, quantize).Load(stacked));
        Operation.Prepare(Matrix.Format);
        _bias = bias is null ? null : _rig.Upload(bias, bias.Length);
    }

    public LinearOperation Operation { get; }

    public CudaMatrix Matrix { get; }

    /// <summary>The products of these rows.</summary>
    public float[] Multiply(float[] input)
    {
        int rows = input.Length / Matrix.InputFeatures;
        CudaTensor source = _rig.Upload(input, Matrix.InputFeatures);
        return _rig.Run(
            rows, Matrix.OutputFeatures, output => Operation.Launch(_rig.Queue, source, rows, Matrix, _bias, output));
    }

    public void Dispose() => _rig.Dispose();
}
