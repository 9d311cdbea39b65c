namespace Laser.Serve.Compute;

/// <summary>
/// Activations on a device: up to <see cref="RowCapacity"/> rows (one per token of a step) of <see cref="Columns"/>
/// values. Opaque: only the backend that made it can read it. Disposed by its owner.
/// </summary>
public abstract class DeviceTensor(int rowCapacity, int columns) : IDisposable
{
    /// <summary>Largest number of rows an operation may use.</summary>
    public int RowCapacity { get; } = rowCapacity;

    /// <summary>Values per row.</summary>
    public int Columns { get; } = columns;

    /// <summary>Frees the device memory.</summary>
    public abstract void Dispose();
}

/// <summary>
/// Weights of a linear map on a device, in whatever layout the backend computes fastest with.
/// Logically <c>[OutputFeatures, InputFeatures]</c>. Opaque; disposed by its owner.
/// </summary>
public abstract class DeviceMatrix(int outputFeatures, int inputFeatures) : IDisposable
{
    /// <summary>Rows of the matrix.</summary>
    public int OutputFeatures { get; } = outputFeatures;

    /// <summary>Columns of the matrix.</summary>
    public int InputFeatures { get; } = inputFeatures;

    /// <summary>Bytes of device memory held.</summary>
    public abstract long ByteSize { get; }

    /// <summary>Frees the device memory.</summary>
    public abstract void Dispose();
}
