using System.Numerics;
using Laser.Serve.Cuda.Device;

namespace Laser.Serve.Cuda.Memory;

/// <summary>
/// Several int32 arrays that are filled on the host and uploaded in one copy. Each has a place that stays the same from step to step
/// while it is long enough, so that launches which read them stay the same.
/// </summary>
internal sealed class StagedInts(CudaDevice device, int arrayCount, string purpose) : IDisposable
{
    private const int LeastLength = 64;

    private readonly int[] _starts = new int[arrayCount + 1];
    private int[] _host = [];
    private int _end;
    private DeviceBuffer? _buffer;

    /// <summary>Makes room for arrays of these lengths; what is in them is lost where they have to move.</summary>
    public void Fit(ReadOnlySpan<int> lengths)
    {
        bool fits = _buffer is not null;
        for (int i = 0; i < lengths.Length; i++)
        {
            fits &= lengths[i] <= _starts[i + 1] - _starts[i];
        }

        if (!fits)
        {
            Move(lengths);
        }

        _end = _starts[lengths.Length - 1] + lengths[^1];
    }

    /// <summary>An array on the host.</summary>
    public Span<int> Host(int array, int length) => _host.AsSpan(_starts[array], length);

    /// <summary>The same array on the device.</summary>
    public ulong Address(int array) => _buffer!.Address + ((ulong)_starts[array] * sizeof(int));

    /// <summary>Copies all arrays to the device.</summary>
    public void Upload() => _buffer!.Upload<int>(_host.AsSpan(0, _end));

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _buffer?.Dispose();

    private void Move(ReadOnlySpan<int> lengths)
    {
        int oldStart = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            int oldEnd = _starts[i + 1];
            int length = Math.Max(Math.Max(lengths[i], oldEnd - oldStart), LeastLength);
            _starts[i + 1] = checked(_starts[i] + (int)BitOperations.RoundUpToPowerOf2((uint)length));
            oldStart = oldEnd;
        }

        _buffer?.Dispose();
        _buffer = null;
        _host = new int[_starts[^1]];
        _buffer = new DeviceBuffer(device, _host.Length * (long)sizeof(int), purpose);
    }
}
