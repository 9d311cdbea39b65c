using System.Numerics;
using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Results;

/// <summary>
/// Many durations in little memory: counted in bins that are at most 1/128 of their value wide, so a quantile is right
/// to within 0.8 %. The mean is exact.
/// </summary>
internal sealed class Durations
{
    // A bin is the position of the highest bit and the seven bits behind it.
    private const int DetailBits = 7;

    private readonly long[] _counts = new long[64 << DetailBits];
    private Int128 _total;
    private long _max;

    public long Count { get; private set; }

    /// <summary>Notes a duration.</summary>
    /// <param name="time">In nanoseconds, zero or more.</param>
    public void Add(long time)
    {
        Count++;
        _total += time;
        _max = Math.Max(_max, time);
        _counts[BinOf(time)]++;
    }

    public LatencySummary Summarize() => Count == 0
        ? default
        : new LatencySummary
        {
            Mean = (double)_total / Count / 1e9,
            Median = Quantile(0.5),
            P90 = Quantile(0.9),
            P99 = Quantile(0.99),
            Max = SimulatedClock.ToSeconds(_max),
        };

    private double Quantile(double part)
    {
        long rank = (long)Math.Ceiling(part * Count);
        int bin = 0;
        for (long seen = _counts[0]; seen < rank; seen += _counts[bin])
        {
            bin++;
        }

        return SimulatedClock.ToSeconds(Math.Min(_max, MiddleOf(bin)));
    }

    private static int BinOf(long time)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)time | 1) - DetailBits);
        return (shift << DetailBits) + (int)(time >> shift);
    }

    // Below 2^8 a bin is one value; from there on the detail has its highest bit set.
    private static long MiddleOf(int bin)
    {
        int shift = Math.Max(0, (bin >> DetailBits) - 1);
        long detail = bin - (shift << DetailBits);
        return (detail << shift) + ((1L << shift) >> 1);
    }
}
