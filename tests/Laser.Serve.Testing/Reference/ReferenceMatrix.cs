using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <summary>Weights widened to fp32, row-major.</summary>
internal sealed class ReferenceMatrix(int outputFeatures, int inputFeatures)
    : DeviceMatrix(outputFeatures, inputFeatures)
{
    private readonly float[] _values = new float[checked(outputFeatures * inputFeatures)];
    private bool _disposed;

    public override long ByteSize => (long)_values.Length * sizeof(float);

    public Span<float> Row(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _values.AsSpan(row * InputFeatures, InputFeatures);
    }

    public override void Dispose() => _disposed = true;
}
