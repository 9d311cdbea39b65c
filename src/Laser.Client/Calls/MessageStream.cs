using Grpc.Core;
using Laser.Client.Balancing;

namespace Laser.Client.Calls;

/// <summary>A stream of one attempt that has its first message, or has ended without one.</summary>
/// <typeparam name="T">The message.</typeparam>
internal sealed class MessageStream<T> : IDisposable
    where T : class
{
    private readonly AsyncServerStreamingCall<T> _call;
    private readonly AttemptLimit _limit;
    private T? _first;

    private MessageStream(Func<AsyncServerStreamingCall<T>> start, AttemptLimit limit, ServerEndpoint server)
    {
        _call = start();
        _limit = limit;
        Server = server;
        server.Enter();
    }

    public ServerEndpoint Server { get; }

    /// <summary>Waits for the first message.</summary>
    /// <param name="start">Starts the call.</param>
    /// <param name="limit">What may cancel it; it is disposed with the stream.</param>
    /// <param name="server">Who answers.</param>
    /// <exception cref="RpcException">The call failed before its first message.</exception>
    public static async ValueTask<MessageStream<T>> OpenAsync(
        Func<AsyncServerStreamingCall<T>> start, AttemptLimit limit, ServerEndpoint server)
    {
        MessageStream<T>? stream = null;
        try
        {
            stream = new MessageStream<T>(start, limit, server);
            stream._first = await stream.ReadNextAsync().ConfigureAwait(false);
            limit.FirstMessageArrived();
            return stream;
        }
        catch (Exception e)
        {
            stream?.Dispose();
            limit.Dispose();
            if (limit.Explain(e) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>The next message, or null behind the last one.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public ValueTask<T?> ReadAsync()
    {
        if (_first is null)
        {
            return new ValueTask<T?>(ReadNextAsync());
        }

        T first = _first;
        _first = null;
        return ValueTask.FromResult<T?>(first);
    }

    /// <summary>What came behind the last message.</summary>
    public Metadata GetTrailers() => _call.GetTrailers();

    public void Dispose()
    {
        _call.Dispose();
        _limit.Dispose();
        Server.Leave();
    }

    private async Task<T?> ReadNextAsync() =>
        await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false)
            ? _call.ResponseStream.Current
            : null;
}
