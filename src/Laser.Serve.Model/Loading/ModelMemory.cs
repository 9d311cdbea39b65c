using Laser.Serve.Compute;

namespace Laser.Serve.Model.Loading;

/// <summary>
/// All that a model has on its device. Whatever was made here is freed together, also when loading fails half-way.
/// </summary>
internal sealed class ModelMemory(IBackend backend, LoadMeter meter) : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();

    /// <summary>Bytes the matrices take on the device.</summary>
    public long MatrixByteSize { get; private set; }

    /// <summary>Loads a matrix, or several of the same width one above the other.</summary>
    public DeviceMatrix Matrix(params ReadOnlySpan<HostTensor> stacked) => Own(backend.LoadMatrix(stacked), stacked);

    /// <summary>Loads a matrix whose rows are looked up.</summary>
    public DeviceMatrix Embedding(HostTensor table) => Own(backend.LoadEmbedding(table), [table]);

    /// <summary>Loads a vector, or several end to end.</summary>
    public DeviceTensor Vector(params ReadOnlySpan<HostTensor> joined)
    {
        DeviceTensor vector = Table(joined);
        meter.Add(joined);
        return vector;
    }

    /// <summary>Loads a vector, or several end to end, that only some models have: null when they are null.</summary>
    public DeviceTensor? OptionalVector(params ReadOnlySpan<HostTensor?> joined)
    {
        HostTensor[] present = [.. joined.ToArray().OfType<HostTensor>()];
        if (present.Length != 0 && present.Length != joined.Length)
        {
            throw new ArgumentException("Of vectors that are joined, all must be there or none.", nameof(joined));
        }

        return present.Length == 0 ? null : Vector(present);
    }

    /// <summary>Loads something computed, which is no part of the checkpoint.</summary>
    public DeviceTensor Table(params ReadOnlySpan<HostTensor> joined) => Own(backend.LoadTable(joined));

    /// <summary>Makes room for activations.</summary>
    public DeviceTensor Activations(int rowCapacity, int columns) => Own(backend.CreateTensor(rowCapacity, columns));

    /// <summary>Frees everything, last made first.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? item))
        {
            item.Dispose();
        }
    }

    private DeviceMatrix Own(DeviceMatrix matrix, ReadOnlySpan<HostTensor> stacked)
    {
        _owned.Push(matrix);
        MatrixByteSize += matrix.ByteSize;
        foreach (HostTensor tensor in stacked)
        {
            tensor.Release();
        }

        meter.Add(stacked);
        return matrix;
    }

    private DeviceTensor Own(DeviceTensor tensor)
    {
        _owned.Push(tensor);
        return tensor;
    }
}
