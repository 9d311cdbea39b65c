using System.Runtime.InteropServices;

namespace Laser.Serve.Cuda.Emulation;

/// <summary>
/// libcuda, NVRTC and cuBLASLt on the processor, in one library: what tests set and ask beside the calls of the real ones.
/// </summary>
/// <remarks>
/// All of it is for the whole process: tests that use more than <see cref="Library"/> must not run beside others.
/// </remarks>
public static unsafe class EmulatedCuda
{
    private static readonly Lazy<nint> Handle = new(LoadAndConfigure);

    /// <summary>Orders of blocks, warps and lanes in which a kernel must give the same bits.</summary>
    public static IReadOnlyList<int> Schedules { get; } = [0, 1, 2, 3];

    /// <summary>The shared library, built by the first who asks.</summary>
    /// <exception cref="InvalidOperationException">It cannot be built; the message has the compiler's.</exception>
    public static string Library
    {
        get
        {
            _ = Handle.Value;
            return EmulationBuild.Library;
        }
    }

    /// <summary>What happened when a device was lost last: kernel, block, thread and cause.</summary>
    public static string LastMessage =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("emuLastMessage"))()) ?? "";

    /// <summary>Whether the library can be built and used here; if not, why.</summary>
    public static bool IsAvailable(out string reason)
    {
        reason = EmulationBuild.WhyImpossible() ?? "";
        return reason.Length == 0;
    }

    /// <summary>
    /// The order of what runs from now on; one of <see cref="Schedules"/> or another number for a pseudo-random one.
    /// </summary>
    public static void SetSchedule(int schedule) =>
        ((delegate* unmanaged<int, void>)Export("emuSetSchedule"))(schedule);

    /// <summary>
    /// Whether streams do their work when somebody waits for it, so that a host that does not wait sees old data (the default),
    /// or at once.
    /// </summary>
    public static void SetDeferredStreams(bool deferred) =>
        ((delegate* unmanaged<int, void>)Export("emuSetDeferredStreams"))(deferred ? 1 : 0);

    /// <summary>The memory of each device, in bytes. What is allocated stays.</summary>
    public static void SetMemory(long bytes) => ((delegate* unmanaged<long, void>)Export("emuSetMemory"))(bytes);

    /// <summary>Adds devices up to this number. One is there after <c>cuInit</c>.</summary>
    public static void AddDevices(int count) => ((delegate* unmanaged<int, void>)Export("emuAddDevices"))(count);

    /// <summary>
    /// Kernel (or graph node) number <paramref name="launches"/> from now on fails with <paramref name="code"/>, and so does
    /// every call behind it, until <see cref="Recover"/>.
    /// </summary>
    public static void FailAfter(int launches, int code, int device = 0)
    {
        if (((delegate* unmanaged<int, int, int, int>)Export("emuFailAfter"))(device, launches, code) != 0)
        {
            throw new ArgumentException("No such device, no launch, or no error code.");
        }
    }

    /// <summary>Takes back a failure, injected or not; work that waits is dropped.</summary>
    public static void Recover(int device = 0)
    {
        if (((delegate* unmanaged<int, int>)Export("emuRecover"))(device) != 0)
        {
            throw new ArgumentException("No such device.", nameof(device));
        }
    }

    /// <summary>Device allocations that were not freed.</summary>
    public static int LiveAllocations(int device = 0) => ((delegate* unmanaged<int, int>)Export("emuLiveAllocations"))(device);

    /// <summary>Page-locked host allocations that were not freed.</summary>
    public static int LiveHostAllocations() => ((delegate* unmanaged<int>)Export("emuLiveHostAllocations"))();

    /// <summary>Streams, events, modules, graphs and executable graphs that were not destroyed.</summary>
    public static int LiveHandles(int device = 0) => ((delegate* unmanaged<int, int>)Export("emuLiveHandles"))(device);

    private static nint Export(string name) => NativeLibrary.GetExport(Handle.Value, name);

    // The environment of the process as C sees it is not the one that .NET changes: folders go in by a call.
    private static nint LoadAndConfigure()
    {
        nint handle = NativeLibrary.Load(EmulationBuild.Library);
        nint headers = Marshal.StringToCoTaskMemUTF8(EmulationBuild.KernelHeaders);
        nint kernels = Marshal.StringToCoTaskMemUTF8(EmulationBuild.CompiledKernels);
        ((delegate* unmanaged<nint, nint, nint, void>)NativeLibrary.GetExport(handle, "emuConfigure"))(headers, kernels, 0);
        Marshal.FreeCoTaskMem(headers);
        Marshal.FreeCoTaskMem(kernels);
        return handle;
    }
}
