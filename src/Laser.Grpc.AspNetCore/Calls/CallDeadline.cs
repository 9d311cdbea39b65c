namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>Cancels a call when its time is up, also where its handler does not listen.</summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancellation;
    private readonly Timer? _timer;
    private readonly Func<Task> _end;
    private bool _isDisposed;

    /// <summary>Starts the clock.</summary>
    /// <param name="timeout">The time from now.</param>
    /// <param name="requestAborted">Cancels the call as well.</param>
    /// <param name="end">Ends the response; must not throw.</param>
    public CallDeadline(TimeSpan timeout, CancellationToken requestAborted, Func<Task> end)
    {
        _end = end;
        DateTime now = DateTime.UtcNow;
        Time = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(requestAborted);
        Token = _cancellation.Token;

        // A timer takes at most 49 days; a longer call has in effect no deadline.
        if (timeout.TotalMilliseconds < uint.MaxValue - 1)
        {
            _timer = new Timer(static state => ((CallDeadline)state!).Pass(), this, timeout, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>When the time is up, in UTC.</summary>
    public DateTime Time { get; }

    /// <summary>Cancelled when the time is up or the request is aborted.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether the time was up while the call ran.</summary>
    public bool HasPassed { get; private set; }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
            _cancellation.Dispose();
        }
    }

    private void Pass()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            // First the token: a write that waits for the client holds the response until it is cancelled.
            HasPassed = true;
            _ = _cancellation.CancelAsync();
        }

        _ = _end();
    }
}
