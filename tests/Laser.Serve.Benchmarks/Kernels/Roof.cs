using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary>
/// What the machine can give at best, measured in this process with as many threads: it differs from process to process
/// (how pages are backed, what neighbours do).
/// </summary>
internal sealed unsafe class Roof : IDisposable
{
    private const long Bytes = 512L << 20; // several times the last-level cache
    private const int HugePage = 2 << 20;
    private const int AdviseHugePage = 14; // MADV_HUGEPAGE
    private const long Steps = 1 << 21;
    private const int Chains = 12;

    private readonly int _threads;
    private readonly byte* _memory;
    private float _sink;

    public Roof(int threads)
    {
        _threads = threads;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, HugePage);
        if (OperatingSystem.IsLinux())
        {
            _ = Native.madvise(_memory, (nuint)Bytes, AdviseHugePage);
        }

        NativeMemory.Fill(_memory, (nuint)Bytes, 0);
    }

    /// <summary>Bytes of one reading.</summary>
    public static double BytesRead => Bytes;

    /// <summary>Floating-point operations of one <see cref="Multiply"/>.</summary>
    public double Operations => 2.0 * Vector512<float>.Count * Chains * Steps * _threads;

    /// <summary>Reads the memory once, each thread a part, in one stream.</summary>
    public void Read() => Parallel(thread =>
    {
        long part = Bytes / _threads / 512 * 512;
        float* first = (float*)(_memory + (part * thread));
        float* end = (float*)(_memory + (part * (thread + 1)));
        Vector512<float> a = default, b = default, c = default, d = default;
        for (float* x = first; x < end; x += 128)
        {
            a += Vector512.Load(x) + Vector512.Load(x + 16);
            b += Vector512.Load(x + 32) + Vector512.Load(x + 48);
            c += Vector512.Load(x + 64) + Vector512.Load(x + 80);
            d += Vector512.Load(x + 96) + Vector512.Load(x + 112);
        }

        _sink = Vector512.Sum(a + b + c + d);
    });

    /// <summary>Fused multiply-adds of fp32, in chains enough to fill the pipes.</summary>
    public void Multiply() => Parallel(_ =>
    {
        Vector512<float> x = Vector512.Create(1.0000001f), y = Vector512.Create(1e-9f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (long step = 0; step < Steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        _sink = Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    });

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private void Parallel(Action<int> work)
    {
        Thread[] others = [.. Enumerable.Range(1, _threads - 1).Select(i => new Thread(() => work(i)))];
        foreach (Thread thread in others)
        {
            thread.Start();
        }

        work(0);
        foreach (Thread thread in others)
        {
            thread.Join();
        }
    }

    private static class Native
    {
        [DllImport("libc")]
        public static extern int madvise(void* start, nuint length, int advice);
    }
}
