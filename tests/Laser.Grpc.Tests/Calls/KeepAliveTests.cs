using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

/// <summary>Peers that fall silent without closing the connection, which only a ping finds out.</summary>
public sealed class KeepAliveTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1); // the least that either side takes

    [Fact]
    public async Task Server_ClientAnswersNoPing_EndsTheHandler()
    {
        var server = new EchoServer(_ => { }, limits: limits =>
        {
            limits.KeepAlivePingDelay = Soon;
            limits.KeepAlivePingTimeout = Soon;
        });
        await server.InitializeAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);

        await client.GetStream().WriteAsync(CallOfWait("silent client", server.Address.Authority));

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["silent client"].Finished.Task);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Client_ServerAnswersNoPing_EndsTheCall()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var handler = new SocketsHttpHandler { KeepAlivePingDelay = Soon, KeepAlivePingTimeout = Soon };
        using var channel = GrpcChannel.ForAddress(
            $"http://{silent.LocalEndpoint}", new GrpcChannelOptions { HttpHandler = handler });
        using var call = new Echo.EchoClient(channel).UnaryAsync(new EchoMessage());
        using TcpClient connection = await silent.AcceptTcpClientAsync();
        await connection.GetStream().WriteAsync(Frame(type: 4, flags: 0, stream: 0, []));

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        // Not UNAVAILABLE: .NET names it a protocol error, and the packages do no better.
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("ping", error.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>HTTP/2 by hand (RFC 9113): preface, SETTINGS, and one request in HEADERS and DATA.</summary>
    private static byte[] CallOfWait(string id, string authority)
    {
        byte[] headers =
        [
            .. Field(":method", "POST"),
            .. Field(":scheme", "http"),
            .. Field(":path", "/laser.grpc.tests.Echo/Wait"),
            .. Field(":authority", authority),
            .. Field("content-type", "application/grpc"),
            .. Field("te", "trailers"),
        ];
        return
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Frame(type: 4, flags: 0, stream: 0, []),
            .. Frame(type: 1, flags: 4, stream: 1, headers),
            .. Frame(type: 0, flags: 1, stream: 1, RawClient.Frame(new WaitRequest { Id = id })),
        ];
    }

    private static byte[] Frame(byte type, byte flags, byte stream, byte[] payload) =>
        [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

    // A literal that no table knows (RFC 7541, 6.2.2); all lengths here fit into one byte.
    private static byte[] Field(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
