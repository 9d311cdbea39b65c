using System.Runtime.InteropServices;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Device;

/// <summary>
/// A CUDA device: its primary context, one stream, and what it can do. Everything made on it is disposed before it. One
/// thread at a time uses a device and what is made on it, though not always the same one.
/// </summary>
internal sealed unsafe class CudaDevice : IDisposable
{
    private const uint NonBlocking = 1; // CU_STREAM_NON_BLOCKING: no waiting for the stream without a name

    private const int LeastCapability = 8;

    private static long LastId;

    // Contexts are current per thread. The number belongs to one opening of a device; the context's handle may come back.
    [ThreadStatic]
    private static long CurrentId;

    private readonly CuDevice _device;
    private readonly CuContext _context;
    private readonly long _id = Interlocked.Increment(ref LastId);
    private PinnedTransfer? _transfer;
    private bool _disposed;

    private CudaDevice(CuDevice device)
    {
        _device = device;
        CudaStatus.Check(Driver.cuDevicePrimaryCtxRetain(out _context, device));
        try
        {
            Use();
            CudaStatus.Check(Driver.cuStreamCreate(out CuStream stream, NonBlocking));
            Stream = new CudaStream(stream);
            int major = Attribute(DeviceAttribute.ComputeCapabilityMajor);
            Architecture = $"sm_{major}{Attribute(DeviceAttribute.ComputeCapabilityMinor)}";
            if (major < LeastCapability)
            {
                throw new ArgumentException(
                    $"{Name()} ({Architecture}) is too old: tensor cores that take bf16 came with compute capability {LeastCapability}.0.");
            }

            MultiprocessorCount = Attribute(DeviceAttribute.MultiprocessorCount);
            MaxSharedBytes = Attribute(DeviceAttribute.MaxSharedBytesOptIn);
            Description = $"{Name()} ({Architecture}), driver {DriverVersion()}";
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Device, architecture and driver in words: "NVIDIA H100 (sm_90), driver 12.4".</summary>
    public string Description { get; }

    /// <summary>Instruction set, as the compiler takes it: "sm_90".</summary>
    public string Architecture { get; }

    /// <summary>Multiprocessors: blocks beyond a small multiple of it wait for others.</summary>
    public int MultiprocessorCount { get; }

    /// <summary>Bytes of shared memory that a block can have at most.</summary>
    public int MaxSharedBytes { get; }

    /// <summary>The stream on which everything runs, in order.</summary>
    public CudaStream Stream { get; }

    /// <summary>Copies between host and device; made when first used.</summary>
    public PinnedTransfer Transfer => _transfer ??= new PinnedTransfer(this);

    /// <summary>Whether there are libraries, a driver and a device.</summary>
    /// <param name="reason">If not, what is missing, in one line.</param>
    public static bool IsAvailable(out string reason)
    {
        reason = CudaAvailability.Problem() ?? "";
        return reason.Length == 0;
    }

    /// <summary>Opens a device and makes it current on the calling thread.</summary>
    /// <param name="index">Which one, from 0, in the driver's order.</param>
    /// <exception cref="ArgumentException">CUDA is not available, or there is no such device.</exception>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public static CudaDevice Open(int index)
    {
        if (!IsAvailable(out string reason))
        {
            throw new ArgumentException(reason);
        }

        CudaStatus.Check(Driver.cuDeviceGetCount(out int count));
        if (index < 0 || index >= count)
        {
            throw new ArgumentException($"There is no CUDA device {index}; devices are numbered from 0 to {count - 1}.");
        }

        CudaStatus.Check(Driver.cuDeviceGet(out CuDevice device, index));
        return new CudaDevice(device);
    }

    /// <summary>Bytes of device memory that nobody has taken.</summary>
    public long FreeBytes() => MemoryInfo().Free;

    /// <summary>Bytes of device memory: those that nobody has taken, and all.</summary>
    public (long Free, long Total) MemoryInfo()
    {
        Use();
        CudaStatus.Check(Driver.cuMemGetInfo_v2(out nuint free, out nuint total));
        return ((long)free, (long)total);
    }

    /// <summary>Makes the device current on the calling thread; costs next to nothing where it is already.</summary>
    /// <exception cref="ObjectDisposedException">The device was closed.</exception>
    public void Use()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (CurrentId != _id)
        {
            CudaStatus.Check(MakeCurrent());
        }
    }

    /// <summary>The same for what disposes of things: false where there is nothing left to dispose of.</summary>
    public bool TryUse() => !_disposed && (CurrentId == _id || MakeCurrent() == CuResult.Success);

    /// <inheritdoc />
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        if (TryUse())
        {
            _transfer?.Dispose();
            Stream?.Dispose();
        }

        _disposed = true;
        _ = Driver.cuDevicePrimaryCtxRelease_v2(_device);
    }

    private CuResult MakeCurrent()
    {
        CuResult result = Driver.cuCtxSetCurrent(_context);
        CurrentId = result == CuResult.Success ? _id : 0;
        return result;
    }

    private int Attribute(DeviceAttribute attribute)
    {
        CudaStatus.Check(Driver.cuDeviceGetAttribute(out int value, attribute, _device));
        return value;
    }

    private string Name()
    {
        const int Longest = 256;
        byte* name = stackalloc byte[Longest];
        CudaStatus.Check(Driver.cuDeviceGetName(name, Longest, _device));
        return Marshal.PtrToStringUTF8((nint)name)!;
    }

    // 12040 is 12.4.
    private static string DriverVersion()
    {
        CudaStatus.Check(Driver.cuDriverGetVersion(out int version));
        return $"{version / 1000}.{version % 1000 / 10}";
    }
}
