using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Laser.Serve.Testing;

/// <summary>The three system calls of <see cref="GuardedMemory{T}"/>, Linux numbers.</summary>
internal static unsafe partial class GuardedMemoryPages
{
    private const int ProtectNone = 0;
    private const int ProtectReadWrite = 1 | 2;
    private const int MapPrivateAnonymous = 0x02 | 0x20;

    public static void* Map(nuint length)
    {
        void* start = mmap(null, length, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        return (nint)start != -1 ? start : throw new InsufficientMemoryException($"mmap of {length} bytes failed.");
    }

    public static void Forbid(void* start, nuint length)
    {
        if (mprotect(start, length, ProtectNone) != 0)
        {
            throw new InvalidOperationException($"mprotect failed with error {Marshal.GetLastPInvokeError()}.");
        }
    }

    public static void Unmap(void* start, nuint length)
    {
        int result = munmap(start, length);
        Debug.Assert(result == 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* address, nuint length);
}
