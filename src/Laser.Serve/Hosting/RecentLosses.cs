namespace Laser.Serve.Hosting;

/// <summary>
/// Counts how often a device was lost lately: one that is lost again and again is not to be had by loading, and each time
/// costs the calls that run.
/// </summary>
/// <param name="limit">Most losses within <see cref="Window"/>.</param>
/// <param name="time">Clock.</param>
internal sealed class RecentLosses(int limit, TimeProvider time)
{
    private readonly Queue<long> _losses = new();

    /// <summary>Losses that are longer ago are forgotten.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Counts one more; false if that is too many.</summary>
    public bool TryAdd()
    {
        while (_losses.TryPeek(out long oldest) && time.GetElapsedTime(oldest) >= Window)
        {
            _losses.Dequeue();
        }

        _losses.Enqueue(time.GetTimestamp());
        return _losses.Count <= limit;
    }
}
