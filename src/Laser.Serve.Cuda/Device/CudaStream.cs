using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Device;

/// <summary>A stream of a device: work is put on it without waiting, and runs in order.</summary>
internal sealed class CudaStream(CuStream handle) : IDisposable
{
    /// <summary>Handle for native calls.</summary>
    public CuStream Handle { get; } = handle;

    /// <summary>Waits until everything on the stream is done.</summary>
    /// <exception cref="CudaException">Something on it failed, however long ago it was put there.</exception>
    public void Synchronize() => CudaStatus.Check(Driver.cuStreamSynchronize(Handle));

    /// <inheritdoc />
    public void Dispose() => _ = Driver.cuStreamDestroy_v2(Handle);
}
