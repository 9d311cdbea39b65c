using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cpu.Attention;

/// <summary>Counts what was sealed; called from all threads.</summary>
internal sealed class CacheCounters
{
    private readonly long[] _bySpread = new long[byte.MaxValue + 1];
    private long _sealed;
    private long _wide;
    private long _raw;
    private int _largestSpread;

    /// <summary>Counts one sealed page.</summary>
    public void CountSealed(in BlockState state, int wideSpread)
    {
        Interlocked.Increment(ref _sealed);
        Interlocked.Increment(ref _bySpread[state.Spread]);
        if (state.Raw)
        {
            Interlocked.Increment(ref _raw);
            return;
        }

        if (state.Spread > wideSpread)
        {
            Interlocked.Increment(ref _wide);
        }

        int seen = Volatile.Read(ref _largestSpread);
        while (seen < state.Spread)
        {
            seen = Interlocked.CompareExchange(ref _largestSpread, state.Spread, seen);
        }
    }

    /// <summary>The counts now.</summary>
    public KvCacheStatistics Read(int rawPagesUsed) => new(
        Interlocked.Read(ref _sealed),
        Interlocked.Read(ref _wide),
        Interlocked.Read(ref _raw),
        rawPagesUsed,
        Volatile.Read(ref _largestSpread))
    {
        SealedBySpread = _bySpread,
    };
}
