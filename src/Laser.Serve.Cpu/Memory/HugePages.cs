using System.Runtime.InteropServices;

namespace Laser.Serve.Cpu.Memory;

/// <summary>
/// Asks Linux to back memory with 2 MB pages. It is advice: where it cannot be given or is not taken, nothing but speed
/// is lost.
/// </summary>
internal static unsafe partial class HugePages
{
    private const int AdviseHugePage = 14; // MADV_HUGEPAGE of <sys/mman.h>

    /// <summary>Advises for a range that starts on a page boundary.</summary>
    public static void Advise(void* start, nuint byteSize)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = madvise(start, byteSize, AdviseHugePage);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library without the call: ordinary pages.
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* start, nuint byteSize, int advice);
}
