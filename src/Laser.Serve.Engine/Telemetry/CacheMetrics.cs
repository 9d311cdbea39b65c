using System.Diagnostics.Metrics;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>Instruments of the key/value cache: its blocks, and what the value cache meets.</summary>
internal sealed class CacheMetrics
{
    private const double BytesPerRawValue = sizeof(float);

    private readonly Meter _meter;
    private readonly Histogram<int> _spread;

    public CacheMetrics(Meter meter)
    {
        _meter = meter;
        _spread = meter.CreateHistogram(
            "laser.kv.value_spread",
            "{bit}",
            "Spread of the values in a sealed block: bits between the largest shift of a channel and the smallest.",
            tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192] });
    }

    /// <summary>Where an engine puts its spreads.</summary>
    public ValueSpreads CreateValueSpreads() => new(_spread);

    /// <summary>Adds the gauges that show the cache's state.</summary>
    public void Observe(KvCacheLayout layout, Func<EngineSnapshot> snapshot)
    {
        // A page holds the rows of one block of one kv head, as they were.
        double pageBytes = layout.BlockSize * layout.Attention.HeadDim * BytesPerRawValue;
        Gauge("laser.kv.blocks.used", "{block}", "Cache blocks that sequences hold.", s => s.UsedBlockCount);
        Gauge("laser.kv.blocks.cached", "{block}", "Cache blocks kept for their prefix.", s => s.CachedBlockCount);
        Gauge("laser.kv.blocks.free", "{block}", "Cache blocks with nothing in them.", s => s.FreeBlockCount);
        Gauge("laser.kv.blocks.capacity", "{block}", "Cache blocks there are.", s => s.TotalBlockCount);
        Gauge(
            "laser.kv.usage",
            "1",
            "Part of the cache that sequences hold, 0 to 1; blocks kept for their prefix can be had and do not count.",
            s => s.TotalBlockCount == 0 ? 0 : (double)s.UsedBlockCount / s.TotalBlockCount);
        Gauge("laser.kv.raw_pages.used", "{page}", "Pages of raw values in use.", s => s.Cache.RawPagesUsed);
        Gauge("laser.kv.raw_pages.capacity", "{page}", "Pages of raw values there are.", s => s.RawPageCapacity);
        Gauge("laser.kv.raw", "By", "Values that raw pages in use keep.", s => s.Cache.RawPagesUsed * pageBytes);
        Gauge("laser.kv.value_spread.largest", "{bit}", "Largest spread of a block that is not raw.",
            s => s.Cache.LargestSpreadBits);
        Total("laser.kv.sealed_blocks", "Value blocks sealed, per layer and kv head.", s => s.Cache.SealedBlocks);
        Total("laser.kv.wide_blocks", "Sealed value blocks that are summed in fp64.", s => s.Cache.WideBlocks);
        Total("laser.kv.raw_blocks", "Sealed value blocks that keep fp32 values.", s => s.Cache.RawBlocks);

        void Gauge(string name, string unit, string description, Func<EngineSnapshot, double> value) =>
            _meter.CreateObservableGauge(name, () => value(snapshot()), unit, description);

        void Total(string name, string description, Func<EngineSnapshot, long> value) =>
            _meter.CreateObservableCounter(name, () => value(snapshot()), "{block}", description);
    }
}
