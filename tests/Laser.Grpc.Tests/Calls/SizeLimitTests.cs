using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

public sealed class SizeLimitTests(EchoServer server) : IClassFixture<EchoServer>
{
    private static readonly EchoMessage Large = new() { Payload = ByteString.CopyFrom(new byte[100_000]), Count = 1 };

    [Fact]
    public async Task UnaryAsync_OverTheServersReceiveLimit_IsRefused()
    {
        var strict = new EchoServer(options => options.MaxReceiveMessageSize = 50_000);
        await strict.InitializeAsync();

        Assert.Equal(StatusCode.ResourceExhausted, await StatusOfUnaryAsync(strict.Client));
        await strict.Client.UnaryAsync(new EchoMessage());
        await strict.DisposeAsync();
    }

    [Fact]
    public async Task UnaryAsync_OverTheServersSendLimit_IsRefused()
    {
        var strict = new EchoServer(options => options.MaxSendMessageSize = 50_000);
        await strict.InitializeAsync();

        Assert.Equal(StatusCode.ResourceExhausted, await StatusOfUnaryAsync(strict.Client));
        await strict.DisposeAsync();
    }

    [Fact]
    public async Task UnaryAsync_OverTheDefaultLimit_IsRefusedUnlessLifted()
    {
        var message = new EchoMessage { Payload = ByteString.CopyFrom(new byte[5_000_000]) };
        var open = new EchoServer(options => options.MaxReceiveMessageSize = null);
        await open.InitializeAsync();
        using GrpcChannel channel = open.Connect(new GrpcChannelOptions { MaxReceiveMessageSize = null });

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(message));
        EchoMessage reply = await new Echo.EchoClient(channel).UnaryAsync(message);

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(5_000_000, reply.Payload.Length);
        await open.DisposeAsync();
    }

    [Fact]
    public async Task UnaryAsync_OverTheClientsReceiveLimit_Fails()
    {
        using GrpcChannel channel = server.Connect(new GrpcChannelOptions { MaxReceiveMessageSize = 50_000 });

        Assert.Equal(StatusCode.ResourceExhausted, await StatusOfUnaryAsync(new Echo.EchoClient(channel)));
    }

    [Fact]
    public async Task ServerStream_OverTheClientsReceiveLimit_FailsAndCancels()
    {
        using GrpcChannel channel = server.Connect(new GrpcChannelOptions { MaxReceiveMessageSize = 50_000 });
        using var call = new Echo.EchoClient(channel).Wait(new WaitRequest { Id = "too large", Floods = true });

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["too large"].Finished.Task);
    }

    [Fact]
    public async Task UnaryAsync_OverTheClientsSendLimit_Fails()
    {
        using GrpcChannel channel = server.Connect(new GrpcChannelOptions { MaxSendMessageSize = 50_000 });

        Assert.Equal(StatusCode.ResourceExhausted, await StatusOfUnaryAsync(new Echo.EchoClient(channel)));
    }

    [Fact]
    public async Task ClientStream_OverTheClientsSendLimit_LeavesTheCallUsable()
    {
        using GrpcChannel channel = server.Connect(new GrpcChannelOptions { MaxSendMessageSize = 50_000 });
        using var call = new Echo.EchoClient(channel).ClientStream();

        await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(Large));
        await call.RequestStream.WriteAsync(new EchoMessage { Count = 5 });
        await call.RequestStream.CompleteAsync();

        Assert.Equal(5u, (await call).Count);
    }

    private static async Task<StatusCode> StatusOfUnaryAsync(Echo.EchoClient client) =>
        (await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(Large))).StatusCode;
}
