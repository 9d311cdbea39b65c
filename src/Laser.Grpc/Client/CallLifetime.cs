using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace Laser.Grpc.Client;

/// <summary>
/// The end of a call. The first to name it wins: the server's status, an error, the deadline, the caller's token, the
/// disposal of the call or of its channel.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The timer is disposed at the end of the call, and the source has neither timer nor handle.")]
internal sealed class CallLifetime
{
    private static readonly Status DeadlineStatus = new(StatusCode.DeadlineExceeded, "The deadline has passed.");
    private static readonly Status CancelledStatus = new(StatusCode.Cancelled, "The call was cancelled.");
    private static readonly Status ChannelDisposedStatus = new(StatusCode.Cancelled, "The channel was disposed.");

    private readonly TaskCompletionSource<CallOutcome> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly CancellationTokenSource _abort = new();
    private readonly DateTime _deadline;
    private Timer? _timer;
    private CancellationTokenRegistration _callerCancels;
    private CancellationTokenRegistration _channelCloses;

    /// <summary>Creates a call that has not started.</summary>
    /// <param name="deadline">In UTC; null or <see cref="DateTime.MaxValue"/> for none.</param>
    /// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
    public CallLifetime(DateTime? deadline)
    {
        _deadline = deadline ?? DateTime.MaxValue;
        if (_deadline.Kind != DateTimeKind.Utc && _deadline != DateTime.MaxValue)
        {
            throw new InvalidOperationException($"The deadline {_deadline:O} is not in UTC.");
        }
    }

    /// <summary>Cancelled when the call ends before the server has ended it.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>How the call ended, or null while it runs.</summary>
    public CallOutcome? Outcome => _ended.Task.IsCompleted ? _ended.Task.Result : null;

    /// <summary>Completes when the call has ended; never fails.</summary>
    public Task<CallOutcome> Ended => _ended.Task;

    /// <summary>Whether the call, or its channel, was disposed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The time left, or null where there is no deadline.</summary>
    public TimeSpan? Remaining => _deadline == DateTime.MaxValue ? null : _deadline - DateTime.UtcNow;

    /// <summary>Starts the deadline and listens to what cancels.</summary>
    public void Start(CancellationToken caller, CancellationToken channel)
    {
        if (Remaining is { } remaining)
        {
            StartTimer(remaining);
        }

        _callerCancels = AbortOn(caller);
        _channelCloses = channel.UnsafeRegister(
            static call => ((CallLifetime)call!).AbortDisposed(ChannelDisposedStatus), this);
        if (Outcome is not null)
        {
            StopListening();
        }
    }

    /// <summary>Ends the call with what the server sent, unless it has ended.</summary>
    /// <returns>How the call ended.</returns>
    public CallOutcome End(Status status, Metadata trailers)
    {
        if (_ended.TrySetResult(new CallOutcome(status, trailers)))
        {
            StopListening();
        }

        return _ended.Task.Result;
    }

    /// <summary>Ends the call without the server, unless it has ended.</summary>
    /// <returns>How the call ended.</returns>
    public CallOutcome Abort(Status status)
    {
        CallOutcome outcome = End(status, Metadata.Empty);
        _abort.Cancel();
        return outcome;
    }

    /// <summary>Ends the call, unless it has ended, and lets nobody use it any more.</summary>
    public void AbortDisposed(Status status)
    {
        IsDisposed = true;
        Abort(status);
    }

    /// <summary>Ends the call with the status an exception stands for, unless it has ended.</summary>
    /// <returns>How the call ended.</returns>
    public CallOutcome Fail(Exception error)
    {
        // The server's clock may be a little ahead; its reset then arrives before the timer here fires.
        Status status = Remaining <= TimeSpan.Zero ? DeadlineStatus : TransportError.ToStatus(error);
        return Abort(status);
    }

    /// <summary>Lets a token cancel the call, as long as the registration is not disposed.</summary>
    public CancellationTokenRegistration AbortOn(CancellationToken caller) =>
        caller.UnsafeRegister(static call => ((CallLifetime)call!).Abort(CancelledStatus), this);

    private void StartTimer(TimeSpan remaining)
    {
        if (remaining <= TimeSpan.Zero)
        {
            Abort(DeadlineStatus);
        }
        else if (remaining.TotalMilliseconds < uint.MaxValue - 1)
        {
            // A timer takes at most 49 days; a longer call has in effect no deadline.
            _timer = new Timer(
                static call => ((CallLifetime)call!).Abort(DeadlineStatus), this, remaining, Timeout.InfiniteTimeSpan);
        }
    }

    private void StopListening()
    {
        _timer?.Dispose();
        _callerCancels.Unregister();
        _channelCloses.Unregister();
    }
}
