using System.Diagnostics;
using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary>
/// What the processor can do at most, measured in this process and on as many threads as the engine has: reading memory
/// that no cache holds, in huge pages if the system gives them, and multiplying and adding in registers.
/// </summary>
internal sealed class Roof : IDisposable
{
    private const long ByteSize = 512L << 20;
    private const int Rounds = 7;

    private readonly AlignedBuffer _memory;
    private readonly WorkerPool _pool;
    private readonly ReadJob _read;

    public Roof(int threadCount)
    {
        _pool = new WorkerPool(threadCount);
        _memory = MemoryBudget.ForProcess().Allocate(ByteSize, "memory to be read");
        _memory.Clear();
        _read = new ReadJob(_memory, threadCount);
    }

    /// <summary>Read bandwidth in GB/s, of each of some rounds.</summary>
    public double[] Read() => Measure(_read, ByteSize);

    /// <summary>fp32 multiply-adds in GFLOP/s, of each of some rounds.</summary>
    public double[] MultiplyAdd() => Measure(new MultiplyAddJob(), _pool.ThreadCount * MultiplyAddJob.Operations);

    public void Dispose()
    {
        _pool.Dispose();
        _memory.Dispose();
    }

    // In 10^9 per second.
    private double[] Measure(ParallelJob job, double amount)
    {
        var speeds = new double[Rounds];
        _pool.BeginSpinning();
        _pool.Run(job, _pool.ThreadCount);
        foreach (ref double speed in speeds.AsSpan())
        {
            long start = Stopwatch.GetTimestamp();
            _pool.Run(job, _pool.ThreadCount);
            speed = amount / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
        }

        _pool.EndSpinning();
        return speeds;
    }

    /// <summary>Each thread reads a part of its own from the beginning to the end.</summary>
    private sealed unsafe class ReadJob(AlignedBuffer memory, int threadCount) : ParallelJob
    {
        private readonly ulong[] _sums = new ulong[16 * threadCount];

        public override void Run(int item, int worker)
        {
            long vectors = memory.ByteSize / threadCount / sizeof(Vector512<ulong>);
            var next = (Vector512<ulong>*)memory.Pointer + (item * vectors);
            Vector512<ulong>* end = next + (vectors / 4 * 4);
            Vector512<ulong> a = default, b = default, c = default, d = default;
            for (; next < end; next += 4)
            {
                a += next[0];
                b += next[1];
                c += next[2];
                d += next[3];
            }

            _sums[16 * item] = Vector512.Sum(a + b + c + d);
        }
    }

    /// <summary>Twelve chains of vectors: more than the latency needs, and no more than there are registers.</summary>
    private sealed class MultiplyAddJob : ParallelJob
    {
        private const int Iterations = 4_000_000;
        private const int Chains = 12;

        private float _sum;

        /// <summary>Operations of one thread.</summary>
        public static double Operations => 2.0 * Iterations * Chains * Vector512<float>.Count;

        public override void Run(int item, int worker)
        {
            Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
            Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
            for (int n = 0; n < Iterations; n++)
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

            Volatile.Write(ref _sum, Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l));
        }
    }
}
