using Laser.Serve.Model.Loading;

namespace Laser.Serve.Hosting;

/// <summary>Logs how far loading is, at every quarter of a phase; of a small model nothing, it is there at once.</summary>
internal sealed partial class LoadLog(ILogger<LoadLog> logger) : IProgress<LoadProgress>
{
    private const int Quarters = 4;
    private const long SmallByteCount = 64L << 20;

    private (LoadPhase Phase, long Quarter) _last;

    public void Report(LoadProgress value)
    {
        long quarter = value.BytesDone * Quarters / Math.Max(1, value.BytesTotal);
        if (value.BytesTotal >= SmallByteCount && quarter > 0 && (value.Phase, quarter) != _last)
        {
            _last = (value.Phase, quarter);
            LogProgress(value.Phase, 100 / Quarters * quarter, value.BytesTotal / 1048576.0);
        }
    }

    [LoggerMessage(
        EventId = 2, Level = LogLevel.Information, Message = "{Phase} weights: {Percent} % of {Total:0.#} MiB")]
    private partial void LogProgress(LoadPhase phase, long percent, double total);
}
