using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Laser.Serve.Benchmarks;

/// <summary>
/// What the machine can give at best, measured in this process with as many threads: it differs from process to process
/// (how pages are backed, what neighbours do).
/// </summary>
internal sealed unsafe partial class Roof : IDisposable
{
    private const long Bytes = 256L << 20; // several times the last-level cache
    private const long Piece = 2L << 20;
    private const int HugePage = 2 << 20;
    private const int AdviseHugePage = 14; // MADV_HUGEPAGE
    private const int Pieces = 16;
    private const int Rounds = 4;
    private const int Steps = 1 << 13;
    private const int Chains = 12;

    private readonly TimeProvider _time;
    private readonly int _threads;
    private readonly byte* _memory;
    private readonly long[] _places;
    private float _sink;

    public Roof(TimeProvider time, int threads)
    {
        _time = time;
        _threads = threads;
        _places = new long[threads];
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, HugePage);
        if (OperatingSystem.IsLinux())
        {
            _ = Native.madvise(_memory, (nuint)Bytes, AdviseHugePage);
        }

        NativeMemory.Fill(_memory, (nuint)Bytes, 0);
    }

    /// <summary>Bytes per second that all threads read together, each its own stretch of memory in one stream.</summary>
    public double ReadRate() => Rate(Piece, Read);

    /// <summary>Operations per second of fused multiply-adds of fp32, in chains enough to fill the pipes.</summary>
    public double MultiplyRate() => Rate(2.0 * Vector512<float>.Count * Chains * Steps, Multiply);

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    // The best of some rounds, because in a round a thread can be kept from its processor.
    private double Rate(double amount, Action<int> work) =>
        Enumerable.Range(0, Rounds).Max(_ => RoundRate(amount, work));

    // All threads begin together, and the last one ends the time: what one reads while the others do not would be more
    // than they have together.
    private double RoundRate(double amount, Action<int> work)
    {
        using var together = new Barrier(_threads);
        long[] starts = new long[_threads];
        long[] ends = new long[_threads];
        Thread[] threads = [.. Enumerable.Range(0, _threads).Select(i => new Thread(() => Measure(i)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return _threads * Pieces * amount / _time.GetElapsedTime(starts.Min(), ends.Max()).TotalSeconds;

        void Measure(int thread)
        {
            together.SignalAndWait();
            starts[thread] = _time.GetTimestamp();
            for (int piece = 0; piece < Pieces; piece++)
            {
                work(thread);
            }

            ends[thread] = _time.GetTimestamp();
        }
    }

    // Optimized at once: the roof must not depend on how long ago it was first measured.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(int thread)
    {
        long part = Bytes / _threads / Piece * Piece;
        float* x = (float*)(_memory + (part * thread) + (_places[thread] % part));
        _places[thread] += Piece;
        Vector512<float> a = default, b = default, c = default, d = default;
        for (float* end = x + (Piece / sizeof(float)); x < end; x += 128)
        {
            a += Vector512.Load(x) + Vector512.Load(x + 16);
            b += Vector512.Load(x + 32) + Vector512.Load(x + 48);
            c += Vector512.Load(x + 64) + Vector512.Load(x + 80);
            d += Vector512.Load(x + 96) + Vector512.Load(x + 112);
        }

        _sink = Vector512.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int thread)
    {
        Vector512<float> x = Vector512.Create(1.0000001f), y = Vector512.Create(1e-9f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int step = 0; step < Steps; step++)
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
    }

    private static partial class Native
    {
        [LibraryImport("libc")]
        public static partial int madvise(void* start, nuint length, int advice);
    }
}
