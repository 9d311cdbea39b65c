namespace Grpc.Core;

/// <summary>A running call of a client with many responses.</summary>
/// <typeparam name="TResponse">The response message.</typeparam>
public sealed class AsyncServerStreamingCall<TResponse> : IDisposable
{
    private readonly Func<Status> _getStatus;
    private readonly Func<Metadata> _getTrailers;
    private readonly Action _dispose;

    /// <summary>Creates a call from its parts; for call invokers, interceptors and test doubles.</summary>
    /// <param name="responseStream">The responses.</param>
    /// <param name="responseHeadersAsync">The headers sent before the first response.</param>
    /// <param name="getStatusFunc">Gives the status of the ended call.</param>
    /// <param name="getTrailersFunc">Gives the trailers of the ended call.</param>
    /// <param name="disposeAction">Cancels the call if it still runs.</param>
    public AsyncServerStreamingCall(
        IAsyncStreamReader<TResponse> responseStream,
        Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc,
        Func<Metadata> getTrailersFunc,
        Action disposeAction)
    {
        ResponseStream = responseStream;
        ResponseHeadersAsync = responseHeadersAsync;
        _getStatus = getStatusFunc;
        _getTrailers = getTrailersFunc;
        _dispose = disposeAction;
    }

    /// <summary>The responses.</summary>
    public IAsyncStreamReader<TResponse> ResponseStream { get; }

    /// <summary>The headers sent before the first response.</summary>
    public Task<Metadata> ResponseHeadersAsync { get; }

    /// <summary>The status.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Status GetStatus() => _getStatus();

    /// <summary>The trailers.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Metadata GetTrailers() => _getTrailers();

    /// <summary>Cancels the call if it still runs.</summary>
    public void Dispose() => _dispose();
}
