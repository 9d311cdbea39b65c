using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Memory;

/// <summary>Page-locked host memory: the device copies from and to it by itself, while the host goes on.</summary>
internal sealed unsafe class PinnedBuffer : IDisposable
{
    private readonly CudaDevice _device;
    private byte* _pointer;

    /// <summary>Takes the memory, uninitialised.</summary>
    /// <exception cref="InsufficientMemoryException">The system has not that much to lock.</exception>
    public PinnedBuffer(CudaDevice device, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _device = device;
        ByteCount = bytes;
        device.Use();
        CuResult result = Driver.cuMemHostAlloc(out _pointer, (nuint)Math.Max(bytes, 1), flags: 0);
        if (result == CuResult.OutOfMemory)
        {
            throw new InsufficientMemoryException(
                $"The system refused {bytes} bytes of page-locked memory.", CudaStatus.Error(result, "cuMemHostAlloc"));
        }

        CudaStatus.Check(result, "cuMemHostAlloc");
    }

    /// <summary>Bytes asked for.</summary>
    public long ByteCount { get; }

    /// <summary>Start of the memory.</summary>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_pointer != null && _device.TryUse())
        {
            _ = Driver.cuMemFreeHost(_pointer);
        }

        _pointer = null;
    }
}
