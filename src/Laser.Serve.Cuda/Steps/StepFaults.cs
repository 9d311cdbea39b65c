using Laser.Serve.Compute;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Steps;

/// <summary>Which sequences of a step failed: int32 per sequence on the device, a <see cref="SequenceFault"/>.</summary>
internal sealed class StepFaults(CudaDevice device) : IDisposable
{
    private const int LeastCapacity = 64;

    private DeviceBuffer _buffer = new(device, LeastCapacity * sizeof(int), "faults of a step");
    private int[] _faults = new int[LeastCapacity];
    private int _count;

    /// <summary>Where they are.</summary>
    public ulong Address => _buffer.Address;

    /// <summary>Starts a step: nothing has failed.</summary>
    public void Begin(LaunchQueue queue, int sequenceCount)
    {
        if (sequenceCount > _faults.Length)
        {
            _faults = new int[2 * sequenceCount];
            _buffer.Dispose();
            _buffer = new DeviceBuffer(device, _faults.Length * sizeof(int), "faults of a step");
        }

        _count = sequenceCount;
        queue.Clear(Address, _faults.Length * sizeof(int));
    }

    /// <summary>Waits for the step and reads them; true if there is one.</summary>
    public bool Read(Span<SequenceFault> faults)
    {
        _buffer.Download<int>(_faults.AsSpan(0, _count));
        bool any = false;
        for (int i = 0; i < _count; i++)
        {
            faults[i] = (SequenceFault)_faults[i];
            any |= _faults[i] != 0;
        }

        return any;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _buffer.Dispose();
}
