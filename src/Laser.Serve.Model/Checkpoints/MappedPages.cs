using System.Runtime.InteropServices;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// Gives back pages of a mapped file. Without it a process that has read a file counts all of it as its own memory
/// beside what it made of it. Linux only; elsewhere the system decides by itself.
/// </summary>
internal static unsafe partial class MappedPages
{
    private const int DoNotNeed = 4; // MADV_DONTNEED of <sys/mman.h>

    /// <summary>Releases the pages that lie in a range as a whole.</summary>
    public static void Release(byte* start, long byteSize)
    {
        nint page = Environment.SystemPageSize;
        nint first = ((nint)start + page - 1) / page * page;
        nint end = (nint)(start + byteSize) / page * page;
        if (end <= first || !OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = madvise((void*)first, (nuint)(end - first), DoNotNeed);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library without the call: the pages stay until the file is closed.
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* start, nuint byteSize, int advice);
}
