using Grpc.Core;

namespace Laser.Grpc.Client;

/// <summary>The responses of a call.</summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
internal sealed class ResponseStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call)
    : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private TResponse? _current;

    public TResponse Current =>
        _current ?? throw new InvalidOperationException("There is no current message; call MoveNext first.");

    /// <remarks>The token cancels the whole call: what a read has taken in part cannot be given back.</remarks>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(call.Lifetime.IsDisposed, call);
        using CancellationTokenRegistration registration = call.Lifetime.AbortOn(cancellationToken);
        _current = await call.ReadNextAsync().ConfigureAwait(false);
        return _current is not null;
    }
}
