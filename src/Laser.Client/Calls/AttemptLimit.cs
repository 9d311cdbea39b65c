using Grpc.Core;
using Laser.Client.Resilience;

namespace Laser.Client.Calls;

/// <summary>
/// What may cancel one attempt: the call always; the pipeline around it and the time to the first token only until the
/// first message is there.
/// </summary>
internal sealed class AttemptLimit : IDisposable
{
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _pipeline;
    private readonly CancellationTokenSource _cancel;
    private readonly CancellationTokenRegistration _pipelineCancels;
    private readonly CancellationTokenSource? _firstToken;
    private readonly CancellationTokenRegistration _timeoutCancels;

    public AttemptLimit(TimeSpan? timeout, TimeProvider time, CancellationToken call, CancellationToken pipeline)
    {
        _timeout = timeout;
        _pipeline = pipeline;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(call);
        _pipelineCancels = CancelOn(pipeline);
        if (timeout is { } limit)
        {
            _firstToken = new CancellationTokenSource(limit, time);
            _timeoutCancels = CancelOn(_firstToken.Token);
        }
    }

    public CancellationToken Token => _cancel.Token;

    /// <summary>From here on only the call limits the attempt.</summary>
    public void FirstMessageArrived()
    {
        _pipelineCancels.Dispose();
        _timeoutCancels.Dispose();
        _firstToken?.Dispose();
    }

    /// <summary>What stands for a cancellation that comes from here; null for any other failure.</summary>
    public Exception? Explain(Exception error)
    {
        if (error is not (OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }))
        {
            return null;
        }

        if (_pipeline.IsCancellationRequested)
        {
            // The timeout strategy of a pipeline knows its own token by this exception only.
            return new OperationCanceledException("The attempt was cancelled.", error, _pipeline);
        }

        return _firstToken is { IsCancellationRequested: true }
            ? new RpcException(new Status(
                StatusCode.DeadlineExceeded,
                $"The server sent nothing within {_timeout}.",
                new FirstTokenTimeoutException(_timeout!.Value)))
            : null;
    }

    public void Dispose()
    {
        FirstMessageArrived();
        _cancel.Dispose();
    }

    private CancellationTokenRegistration CancelOn(CancellationToken token) => token.UnsafeRegister(
        static source => ((CancellationTokenSource)source!).Cancel(), _cancel);
}
