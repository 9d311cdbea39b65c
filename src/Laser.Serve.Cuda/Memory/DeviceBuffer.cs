using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Memory;

/// <summary>
/// Device memory. Copies and <see cref="Clear"/> go straight onto the device's stream: behind what was launched, ahead
/// of what a queue has recorded and not yet flushed.
/// </summary>
internal sealed unsafe class DeviceBuffer : IDisposable
{
    private readonly CudaDevice _device;
    private ulong _address;

    /// <summary>Takes the memory, uninitialised.</summary>
    /// <param name="device">Where.</param>
    /// <param name="bytes">Size, computed with overflow checks.</param>
    /// <param name="purpose">What it is for, in words for the error.</param>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public DeviceBuffer(CudaDevice device, long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _device = device;
        ByteCount = bytes;
        (long free, long total) = device.MemoryInfo();
        CuResult result = bytes > free
            ? CuResult.OutOfMemory
            : Driver.cuMemAlloc_v2(out _address, (nuint)Math.Max(bytes, 1));
        if (result == CuResult.OutOfMemory)
        {
            throw new InsufficientMemoryException(
                $"{purpose}: {bytes} bytes do not fit; {free} of {total} bytes of the device's memory are free.");
        }

        CudaStatus.Check(result, "cuMemAlloc_v2");
    }

    /// <summary>Bytes asked for.</summary>
    public long ByteCount { get; }

    /// <summary>Start of the memory, on a boundary of 256 bytes.</summary>
    public ulong Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return _address;
        }
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear()
    {
        _device.Use();
        if (ByteCount > 0)
        {
            CudaStatus.Check(Driver.cuMemsetD8Async(Address, 0, (nuint)ByteCount, _device.Stream.Handle));
        }
    }

    /// <summary>Copies to the device; <paramref name="source"/> may change as soon as this returns.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, long offsetBytes = 0)
        where T : unmanaged
    {
        long bytes = (long)source.Length * sizeof(T);
        ThrowIfOutside(offsetBytes, bytes);
        fixed (T* start = source)
        {
            _device.Transfer.Upload((byte*)start, bytes, Address + (ulong)offsetBytes);
        }
    }

    /// <summary>Waits for everything on the stream and copies to the host.</summary>
    public void Download<T>(Span<T> target, long offsetBytes = 0)
        where T : unmanaged
    {
        long bytes = (long)target.Length * sizeof(T);
        ThrowIfOutside(offsetBytes, bytes);
        fixed (T* start = target)
        {
            _device.Transfer.Download(Address + (ulong)offsetBytes, bytes, (byte*)start);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_address != 0 && _device.TryUse())
        {
            _ = Driver.cuMemFree_v2(_address);
        }

        _address = 0;
    }

    private void ThrowIfOutside(long offsetBytes, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, ByteCount - offsetBytes);
    }
}
