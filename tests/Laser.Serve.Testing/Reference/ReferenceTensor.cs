using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <summary>fp32 activations in an array. New ones hold NaN, so that reading what was never written shows.</summary>
internal sealed class ReferenceTensor : DeviceTensor
{
    private readonly float[] _values;
    private bool _disposed;

    public ReferenceTensor(int rowCapacity, int columns)
        : base(rowCapacity, columns)
    {
        _values = new float[checked(rowCapacity * columns)];
        Array.Fill(_values, float.NaN);
    }

    public Span<float> Row(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _values.AsSpan(row * Columns, Columns);
    }

    public override void Dispose() => _disposed = true;
}
