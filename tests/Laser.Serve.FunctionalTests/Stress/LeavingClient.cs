using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Stress;

/// <summary>Ways in which a client can leave.</summary>
public enum Leaving
{
    Cancels,
    PassesItsDeadline,
    ClosesItsSocket,
    ResetsItsSocket,
}

/// <summary>A client with one connection, whose socket it can close behind gRPC's back.</summary>
internal sealed class LeavingClient : IDisposable
{
    // Long enough to be in the middle of what the tests ask for, short enough not to be waited for.
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _cancel = new();
    private readonly GrpcChannel _channel;
    private readonly SocketsHttpHandler _handler;
    private Socket? _socket;
    private int _messageCount;

    public LeavingClient(Uri address)
    {
        _handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await _socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(_socket, ownsSocket: true);
            },
        };
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = _handler });
    }

    /// <summary>Messages that came.</summary>
    public int MessageCount => Volatile.Read(ref _messageCount);

    /// <summary>Asks, and leaves as soon as <paramref name="when"/> holds; tells how the call ended.</summary>
    public async Task<StatusCode> RunAsync(GenerateRequest request, Leaving how, Func<bool> when)
    {
        DateTime? deadline = how == Leaving.PassesItsDeadline ? DateTime.UtcNow + Deadline : null;
        Task<StatusCode> reading = ReadAsync(request, deadline);
        while (!when() && !reading.IsCompleted)
        {
            await Task.Delay(1);
        }

        switch (how)
        {
            case Leaving.Cancels:
                await _cancel.CancelAsync();
                break;
            case Leaving.ClosesItsSocket:
                _socket!.Close();
                break;
            case Leaving.ResetsItsSocket:
                _socket!.LingerState = new LingerOption(true, 0);
                _socket.Close();
                break;
        }

        return await reading;
    }

    public void Dispose()
    {
        _cancel.Dispose();
        _channel.Dispose();
        _handler.Dispose();
    }

    private async Task<StatusCode> ReadAsync(GenerateRequest request, DateTime? deadline)
    {
        try
        {
            using AsyncServerStreamingCall<GenerateResponse> call =
                new Generation.GenerationClient(_channel).Generate(request, deadline: deadline, cancellationToken: _cancel.Token);
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                Interlocked.Increment(ref _messageCount);
            }

            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }
}
