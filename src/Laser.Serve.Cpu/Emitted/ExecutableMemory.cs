using System.Runtime.InteropServices;

namespace Laser.Serve.Cpu.Emitted;

/// <summary>
/// Memory for machine code: written first, then made executable for good; never both at once. It stays until the
/// process ends. Linux only.
/// </summary>
internal static unsafe partial class ExecutableMemory
{
    private const int Read = 1; // the PROT_ and MAP_ constants of <sys/mman.h>
    private const int Write = 2;
    private const int Execute = 4;
    private const int PrivateAnonymous = 0x22;

    /// <summary>Makes code callable; null where the system refuses, as hardened ones do.</summary>
    public static byte* Map(ReadOnlySpan<byte> code)
    {
        nuint size = (nuint)code.Length;
        void* memory = mmap(null, size, Read | Write, PrivateAnonymous, -1, 0);
        if ((nint)memory == -1)
        {
            return null;
        }

        code.CopyTo(new Span<byte>(memory, code.Length));
        if (mprotect(memory, size, Read | Execute) != 0)
        {
            _ = munmap(memory, size);
            return null;
        }

        return (byte*)memory;
    }

    [LibraryImport("libc")]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint length);
}
