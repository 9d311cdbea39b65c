using Grpc.Core;
using Laser.Client.Balancing;
using Laser.Client.Resilience;
using Laser.Client.Telemetry;
using Polly;

namespace Laser.Client.Calls;

/// <summary>One call of a user: its limits, its record, and what its attempts have come to. Not for several threads.</summary>
internal sealed class CallScope : IDisposable
{
    private static readonly ResiliencePropertyKey<CallScope> Key = new("laser-client-call");

    private readonly HashSet<ServerEndpoint> _asked = [];
    private readonly TimeProvider _time;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource? _total;
    private readonly CancellationTokenSource _linked;

    public CallScope(Rpc rpc, CallLimits limits, CallRecord record, TimeProvider time, CancellationToken caller)
    {
        Rpc = rpc;
        Limits = limits;
        Record = record;
        _time = time;
        _caller = caller;
        if (limits.Total is { } total)
        {
            Deadline = time.GetUtcNow().UtcDateTime + total;
            _total = new CancellationTokenSource(total, time);
        }

        _linked = CancellationTokenSource.CreateLinkedTokenSource(caller, _total?.Token ?? CancellationToken.None);
    }

    public Rpc Rpc { get; }

    public CallLimits Limits { get; }

    public CallRecord Record { get; }

    /// <summary>When the call ends in any case, in UTC; null for never.</summary>
    public DateTime? Deadline { get; }

    public TimeSpan Remaining => Deadline - _time.GetUtcNow().UtcDateTime ?? TimeSpan.MaxValue;

    /// <summary>Cancelled by the caller or by the total timeout.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>The servers asked since the last wait.</summary>
    public IReadOnlySet<ServerEndpoint> Asked => _asked;

    /// <summary>How many waits there were.</summary>
    public int Round { get; private set; }

    public int AttemptCount { get; private set; }

    public RpcException? LastError { get; private set; }

    /// <summary>The wait that the plan decided on.</summary>
    public TimeSpan NextDelay { get; private set; }

    public static CallScope Of(ResilienceContext context) => context.Properties.GetValue(Key, null!);

    public void AttachTo(ResilienceContext context) => context.Properties.Set(Key, this);

    /// <summary>Has the plan decide what follows a failed attempt.</summary>
    /// <returns>Whether there is another one.</returns>
    public bool Plan(RetryPlan plan, Exception? error)
    {
        TimeSpan? delay = plan.Next(this, error);
        NextDelay = delay ?? TimeSpan.Zero;
        return delay is not null;
    }

    public void StartAttempt()
    {
        if (AttemptCount++ > 0 && LastError is { } cause)
        {
            Record.Retried(AttemptCount - 1, cause);
        }
    }

    public void AttemptAt(ServerEndpoint server)
    {
        _asked.Add(server);
        Record.AttemptStarted(server.Address);
    }

    public void AttemptFailed(RpcException error) => LastError = error;

    /// <summary>A wait begins; after it all servers may be asked again.</summary>
    public void StartRound()
    {
        _asked.Clear();
        Round++;
    }

    /// <summary>
    /// What the user sees in place of a cancellation: that of the token passed in, or the total timeout. Null where the
    /// failure speaks for itself.
    /// </summary>
    public Exception? Explain(Exception error)
    {
        if (error is not (OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }))
        {
            return null;
        }

        if (_caller.IsCancellationRequested)
        {
            return error is OperationCanceledException canceled && canceled.CancellationToken == _caller
                ? null
                : new OperationCanceledException("The call was cancelled.", error, _caller);
        }

        return _total is { IsCancellationRequested: true }
            ? new RpcException(new Status(
                StatusCode.DeadlineExceeded, $"The call did not end within {Limits.Total}.", LastError ?? error))
            : null;
    }

    public void Dispose()
    {
        _linked.Dispose();
        _total?.Dispose();
    }
}
