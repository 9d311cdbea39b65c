namespace Laser.Client;

/// <summary>
/// When a call is tried again, and when a server is left alone. A call is tried again after UNAVAILABLE, and after
/// RESOURCE_EXHAUSTED with a time to come back (RetryInfo; without one it is a limit that stays, such as the size of a
/// message): at once where another server is there to ask, else after a wait.
/// </summary>
public sealed class LaserResilienceOptions
{
    /// <summary>Times that a call is tried again, 0 to 100. Default 4.</summary>
    public int MaxRetries { get; set; } = 4;

    /// <summary>
    /// Longest first wait; above 0. Wait number k, from 0, is drawn between half of
    /// <c>min(MaxDelay, BaseDelay * 2^k)</c> and all of it. Default 200 ms.
    /// </summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Longest wait; at least <see cref="BaseDelay"/>. A server that tells how long to wait (RetryInfo) is asked again
    /// after 1 to 1.2 times that; one that tells more than this, or more than is left of the total timeout, is not
    /// asked again, and the error is reported at once. Default 10 seconds.
    /// </summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Tries again also after UNAVAILABLE or ABORTED (the drain limit) in the middle of a stream, where the request is
    /// sure to give the same tokens again: with a seed, or with temperature 0. The stream goes on behind what was delivered; should the tokens
    /// differ from those delivered, it fails with DATA_LOSS. Other requests fail, as they do by default. Default false.
    /// </summary>
    public bool RetryAfterFirstToken { get; set; }

    /// <summary>
    /// A server is passed over for so long after UNAVAILABLE, while there are others; 0 or more. Default 5 seconds.
    /// </summary>
    public TimeSpan SkipDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The circuit to a server opens where, within <see cref="BreakerSamplingDuration"/>, this share of at least
    /// <see cref="BreakerMinimumCalls"/> calls failed with UNAVAILABLE, INTERNAL, UNKNOWN, or without a first token in
    /// time; above 0, at most 1. Default 0.5.
    /// </summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Fewest calls that open a circuit, 2 or more. Default 10.</summary>
    public int BreakerMinimumCalls { get; set; } = 10;

    /// <summary>Time over which failures are counted, 500 ms to 1 day. Default 30 seconds.</summary>
    public TimeSpan BreakerSamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time for which an open circuit lets no call through; then one call tries it. Where all circuits are open, calls
    /// fail with UNAVAILABLE at once. 500 ms to 1 day. Default 15 seconds.
    /// </summary>
    public TimeSpan BreakerBreakDuration { get; set; } = TimeSpan.FromSeconds(15);
}
