using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>A running unary call of a client. Awaiting it gives the response.</summary>
/// <typeparam name="TResponse">The response message.</typeparam>
public sealed class AsyncUnaryCall<TResponse> : IDisposable
{
    private readonly Func<Status> _getStatus;
    private readonly Func<Metadata> _getTrailers;
    private readonly Action _dispose;

    /// <summary>Creates a call from its parts; for call invokers, interceptors and test doubles.</summary>
    /// <param name="responseAsync">The response.</param>
    /// <param name="responseHeadersAsync">The headers sent before the response.</param>
    /// <param name="getStatusFunc">Gives the status of the ended call.</param>
    /// <param name="getTrailersFunc">Gives the trailers of the ended call.</param>
    /// <param name="disposeAction">Cancels the call if it still runs.</param>
    public AsyncUnaryCall(
        Task<TResponse> responseAsync,
        Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc,
        Func<Metadata> getTrailersFunc,
        Action disposeAction)
    {
        ResponseAsync = responseAsync;
        ResponseHeadersAsync = responseHeadersAsync;
        _getStatus = getStatusFunc;
        _getTrailers = getTrailersFunc;
        _dispose = disposeAction;
    }

    /// <summary>The response; fails with <see cref="RpcException"/>.</summary>
    public Task<TResponse> ResponseAsync { get; }

    /// <summary>The headers sent before the response.</summary>
    public Task<Metadata> ResponseHeadersAsync { get; }

    /// <summary>Makes <c>await call</c> wait for the response.</summary>
    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    /// <summary>Waits for the response, with or without a return to the caller's context.</summary>
    /// <param name="continueOnCapturedContext">Whether to return to it.</param>
    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) =>
        ResponseAsync.ConfigureAwait(continueOnCapturedContext);

    /// <summary>The status.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Status GetStatus() => _getStatus();

    /// <summary>The trailers.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Metadata GetTrailers() => _getTrailers();

    /// <summary>Cancels the call if it still runs.</summary>
    public void Dispose() => _dispose();
}
