using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;
using RpcStatus = Google.Rpc.Status;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>A channel that counts its connections, with TLS and a client certificate if given.</summary>
public sealed class TestChannel : IDisposable
{
    private readonly GrpcChannel _channel;
    private int _connections;

    public TestChannel(Uri address, TestAuthority? trusted = null, X509Certificate2? identity = null)
    {
        SocketsHttpHandler handler = Handler(trusted, identity);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            Interlocked.Increment(ref _connections);
            return new NetworkStream(socket, ownsSocket: true);
        };
        _channel = GrpcChannel.ForAddress(
            address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        Generation = new Generation.GenerationClient(_channel);
        Models = new Models.ModelsClient(_channel);
    }

    public Generation.GenerationClient Generation { get; }

    public Models.ModelsClient Models { get; }

    /// <summary>Connections opened so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public static SocketsHttpHandler Handler(TestAuthority? trusted = null, X509Certificate2? identity = null)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        handler.SslOptions.CertificateChainPolicy = trusted?.Policy();
        if (identity is not null)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity;
        }

        return handler;
    }

    /// <summary>How a call ends that reaches a service, whether or not the model is loaded.</summary>
    public async Task<StatusCode> CallAsync(Metadata? metadata = null)
    {
        try
        {
            await Models.GetModelAsync(new GetModelRequest(), metadata);
            return StatusCode.OK;
        }
        catch (RpcException e) when (Reason(e) == "LOADING")
        {
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    /// <summary>Whether the server does not even take the connection.</summary>
    public async Task<bool> IsRefusedAsync()
    {
        // The HTTP client does not always tell what became of a connection that was closed at once.
        StatusCode status = await CallAsync();
        return status is StatusCode.Unavailable or StatusCode.Internal;
    }

    /// <summary>The stable reason in an error's details; null if it has none.</summary>
    public static string? Reason(RpcException e) =>
        e.Trailers.GetValueBytes("grpc-status-details-bin") is { } bytes
            ? RpcStatus.Parser.ParseFrom(bytes).Details[0].Unpack<ErrorInfo>().Reason
            : null;

    public void Dispose() => _channel.Dispose();
}
