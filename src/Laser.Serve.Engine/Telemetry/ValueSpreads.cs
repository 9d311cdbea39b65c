using System.Diagnostics.Metrics;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>Puts the spreads of the blocks that one engine sealed into a histogram, step by step. Engine thread.</summary>
internal sealed class ValueSpreads(Histogram<int> histogram)
{
    private readonly long[] _seenBySpread = new long[byte.MaxValue + 1];
    private long _seenBlocks;

    /// <summary>Records the spread of the blocks that were sealed since the last step.</summary>
    public void StepCompleted(in KvCacheStatistics statistics)
    {
        if (statistics.SealedBlocks == _seenBlocks || !histogram.Enabled)
        {
            return;
        }

        _seenBlocks = statistics.SealedBlocks;
        ReadOnlySpan<long> bySpread = statistics.SealedBySpread.Span;
        for (int bits = 0; bits < Math.Min(bySpread.Length, _seenBySpread.Length); bits++)
        {
            for (long count = _seenBySpread[bits]; count < bySpread[bits]; count++)
            {
                histogram.Record(bits);
            }

            _seenBySpread[bits] = bySpread[bits];
        }
    }
}
