using Laser.Serve.Compute;

namespace Laser.Serve.Model.Loading;

/// <summary>Counts the bytes of one phase and reports them.</summary>
internal sealed class LoadMeter(IProgress<LoadProgress>? progress, LoadPhase phase, long bytesTotal)
{
    private long _bytesDone;

    /// <summary>Bytes a tensor takes in the checkpoint.</summary>
    public static long ByteSize(HostTensor tensor) => (long)tensor.Rows * tensor.Columns * tensor.Type.ByteSize();

    /// <summary>Counts tensors as done.</summary>
    public void Add(ReadOnlySpan<HostTensor> tensors)
    {
        foreach (HostTensor tensor in tensors)
        {
            _bytesDone += ByteSize(tensor);
        }

        progress?.Report(new LoadProgress(phase, _bytesDone, bytesTotal));
    }
}
