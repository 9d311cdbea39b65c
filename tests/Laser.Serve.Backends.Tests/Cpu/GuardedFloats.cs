using System.Runtime.InteropServices;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>
/// Floats that end at a page no one may touch, so that a kernel that reads or writes past them ends the process; before
/// them stand words that are checked when the memory goes. Without <c>mmap</c> it is ordinary memory with check words
/// on both sides.
/// </summary>
internal sealed unsafe partial class GuardedFloats : IDisposable
{
    private const nuint Page = 4096;
    private const uint CheckWord = 0xFFC0DEAD; // a NaN
    private const int CheckWords = 64;

    private readonly byte* _memory;
    private readonly nuint _size;
    private readonly bool _mapped = OperatingSystem.IsLinux();

    public GuardedFloats(int length)
    {
        Length = length;
        nuint bytes = (nuint)(length + CheckWords) * sizeof(float);
        nuint rounded = (bytes + Page - 1) / Page * Page;
        _size = rounded + Page;
        if (_mapped)
        {
            _memory = (byte*)mmap(null, _size, 3, 0x22, -1, 0);
            Assert.NotEqual(-1, (nint)_memory);
            Assert.Equal(0, mprotect(_memory + rounded, Page, 0));
        }
        else
        {
            _memory = (byte*)NativeMemory.AlignedAlloc(_size, Page);
        }

        Pointer = (float*)(_memory + rounded) - length;
        new Span<uint>((uint*)Pointer - CheckWords, CheckWords).Fill(CheckWord);
        Span.Fill(float.NaN);
    }

    public int Length { get; }

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, Length);

    public static GuardedFloats Random(int length, int seed, float scale = 1)
    {
        GuardedFloats floats = new(length);
        Random random = new(seed);
        foreach (ref float x in floats.Span)
        {
            x = ((float)random.NextDouble() - 0.5f) * 2 * scale;
        }

        return floats;
    }

    public void Dispose()
    {
        bool whole = !new Span<uint>((uint*)Pointer - CheckWords, CheckWords).ContainsAnyExcept(CheckWord);
        if (_mapped)
        {
            _ = munmap(_memory, _size);
        }
        else
        {
            NativeMemory.AlignedFree(_memory);
        }

        Assert.True(whole, "something was written before the start");
    }

    [LibraryImport("libc")]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint length);
}
