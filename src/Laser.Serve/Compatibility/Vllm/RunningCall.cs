namespace Laser.Serve.Compatibility.Vllm;

/// <summary>One call of <c>Generate</c>.</summary>
internal sealed class RunningCall : IDisposable
{
    private readonly Lock _lock = new();
    private readonly RunningCalls _calls;
    private readonly CancellationTokenSource _cancellation;
    private bool _isDisposed;

    public RunningCall(RunningCalls calls, string requestId, CancellationToken cancellationToken)
    {
        _calls = calls;
        RequestId = requestId;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _cancellation.Token;
    }

    public string RequestId { get; }

    /// <summary>Cancelled when the client goes, the deadline passes or the call is aborted.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether another call has ended it.</summary>
    public bool IsAborted { get; private set; }

    public void Abort()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                IsAborted = true;
                _ = _cancellation.CancelAsync(); // not on the thread of the call that aborts
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _cancellation.Dispose();
        }

        _calls.Remove(this);
    }
}
