namespace Laser.Client.Resilience;

/// <summary>How long to wait before a call is tried again. The draw keeps clients from coming back all at once.</summary>
/// <param name="options">The bounds.</param>
/// <param name="draw">Draws from 0 to 1.</param>
internal sealed class Backoff(LaserResilienceOptions options, Func<double> draw)
{
    // A server is never asked sooner than it said, so the draw only adds.
    private const double ServerDelaySpread = 0.2;

    private readonly TimeSpan _base = options.BaseDelay;
    private readonly TimeSpan _max = options.MaxDelay;

    /// <summary>Wait number <paramref name="round"/>, from 0: half of min(max, base * 2^round), to all of it.</summary>
    public TimeSpan Next(int round)
    {
        double most = Math.Min(_max.TotalSeconds, _base.TotalSeconds * Math.Pow(2, round));
        return TimeSpan.FromSeconds(most * (1 + draw()) / 2);
    }

    /// <summary>The wait that a server asks for, or null where that is longer than what may be waited.</summary>
    public TimeSpan? Next(TimeSpan asked) => asked > _max ? null : asked * (1 + (ServerDelaySpread * draw()));
}
