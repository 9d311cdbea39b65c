using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Device;

/// <summary>A mark on a stream that the host can wait for. Made for the device that is current on the thread.</summary>
internal sealed class CudaEvent : IDisposable
{
    private const uint DisableTiming = 2; // CU_EVENT_DISABLE_TIMING: cheaper to record

    private readonly CuEvent _handle;

    /// <summary>Makes an event; waiting for it before it is recorded returns at once.</summary>
    public CudaEvent()
    {
        CudaStatus.Check(Driver.cuEventCreate(out _handle, DisableTiming));
    }

    /// <summary>Puts the mark behind everything that is on the stream by now.</summary>
    public void Record(CudaStream stream) => CudaStatus.Check(Driver.cuEventRecord(_handle, stream.Handle));

    /// <summary>Waits until the stream has come to the mark.</summary>
    public void Synchronize() => CudaStatus.Check(Driver.cuEventSynchronize(_handle));

    /// <inheritdoc />
    public void Dispose() => _ = Driver.cuEventDestroy_v2(_handle);
}
