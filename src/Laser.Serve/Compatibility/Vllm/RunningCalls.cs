using System.Collections.Concurrent;
using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>
/// The calls of <c>Generate</c> that run, by the name their callers gave them, so that another call can end one.
/// </summary>
internal sealed class RunningCalls(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, RunningCall> _calls = [];
    private long _lastStart;

    /// <summary>Seconds since 1970, UTC, of the last start; 0 before the first.</summary>
    public double LastStart => Interlocked.Read(ref _lastStart) / 1000.0;

    /// <summary>Notes a call until it is disposed.</summary>
    /// <param name="requestId">Its name; empty for a call that nobody will want to end.</param>
    /// <param name="cancellationToken">Ends the call as well.</param>
    /// <exception cref="RpcException">ALREADY_EXISTS: a call with this name runs.</exception>
    public RunningCall Start(string requestId, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _lastStart, time.GetUtcNow().ToUnixTimeMilliseconds());
        var call = new RunningCall(this, requestId, cancellationToken);
        if (requestId.Length > 0 && !_calls.TryAdd(requestId, call))
        {
            call.Dispose();
            throw RpcErrors.Create(
                StatusCode.AlreadyExists, "REQUEST_ID_IN_USE", $"A request with request_id '{requestId}' is running.");
        }

        return call;
    }

    /// <summary>Ends a call; does nothing if there is none of that name.</summary>
    public void Abort(string requestId)
    {
        if (_calls.TryGetValue(requestId, out RunningCall? call))
        {
            call.Abort();
        }
    }

    /// <summary>Forgets a call, and not a later one of the same name.</summary>
    internal void Remove(RunningCall call) =>
        _calls.TryRemove(KeyValuePair.Create(call.RequestId, call));
}
