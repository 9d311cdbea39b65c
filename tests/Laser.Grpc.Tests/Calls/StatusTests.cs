using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Calls;

public sealed class StatusTests(EchoServer server) : IClassFixture<EchoServer>
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Fail_AfterMessages_GivesStatusAndTrailers(int messages)
    {
        using var call = server.Client.Fail(new FailRequest
        {
            Code = (uint)StatusCode.FailedPrecondition,
            Detail = "not now",
            Messages = (uint)messages,
        });

        List<EchoMessage> replies = [];
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (EchoMessage reply in call.ResponseStream.ReadAllAsync())
            {
                replies.Add(reply);
            }
        });

        Assert.Equal(messages, replies.Count);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Equal("not now", error.Status.Detail);
        Assert.Equal("context", error.Trailers.GetValue("x-from-context"));
        Assert.Equal("exception", error.Trailers.GetValue("x-from-exception"));
        Assert.Equal(error.Status, call.GetStatus());
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("100% sure")]
    [InlineData("first line\nsecond line\r\n\ttabbed")]
    [InlineData("\u00fcn\u00efc\u00f6d\u00e9 \u65e5\u672c\u8a9e \ud83d\ude80")]
    public async Task Fail_Detail_ArrivesUnchanged(string detail)
    {
        using var call = server.Client.Fail(new FailRequest { Code = (uint)StatusCode.NotFound, Detail = detail });

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(detail, error.Status.Detail);
    }

    [Fact]
    public async Task Fail_StatusDetails_PassThrough()
    {
        byte[] details = [8, 3, 18, 255, 0, 1];
        using var call = server.Client.Fail(
            new FailRequest { Code = (uint)StatusCode.InvalidArgument, Details = ByteString.CopyFrom(details) });

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(details, error.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Throw_Exception_IsUnknownAndNotTold()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client.ThrowAsync(new EchoMessage()));

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
        Assert.DoesNotContain("secret", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(
            server.Logs.AtLeast(LogLevel.Error),
            text => text.Contains("secret of the handler", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Throw_DetailedErrors_AreTold()
    {
        var detailed = new EchoServer(options => options.EnableDetailedErrors = true);
        await detailed.InitializeAsync();

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await detailed.Client.ThrowAsync(new EchoMessage()));

        Assert.EndsWith(
            "InvalidOperationException: secret of the handler", error.Status.Detail, StringComparison.Ordinal);
        await detailed.DisposeAsync();
    }

    [Fact]
    public async Task Missing_GeneratedBase_IsUnimplemented()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client.MissingAsync(new EchoMessage()));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Theory]
    [InlineData("laser.grpc.tests.Echo", "NoSuchMethod", "method")]
    [InlineData("laser.grpc.tests.NoSuchService", "Unary", "service")]
    public async Task UnaryCall_UnknownName_IsUnimplemented(string service, string method, string what)
    {
        using GrpcChannel channel = server.Connect();
        var unknown = new Method<string, string>(
            MethodType.Unary, service, method, Marshallers.StringMarshaller, Marshallers.StringMarshaller);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await channel.CreateCallInvoker().AsyncUnaryCall(unknown, null, default, "x"));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        Assert.Contains(
            TestedLayer.Choose($"no {what}", $"{what} is unimplemented"),
            error.Status.Detail,
            StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ClientStream_EndedEarlyByTheServer_GivesItsStatus()
    {
        using var call = server.Client.ClientStream();
        await call.RequestStream.WriteAsync(new EchoMessage { Text = "stop" });
        var message = new EchoMessage { Payload = ByteString.CopyFrom(new byte[10_000]) };

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(message);
            }
        });

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("stopped early", (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).Status.Detail);
    }

    [Fact]
    public async Task UnaryAsync_NoServer_IsUnavailable()
    {
        var gone = new EchoServer();
        await gone.InitializeAsync();
        Uri address = gone.Address;
        await gone.DisposeAsync();
        using var channel = GrpcChannel.ForAddress(address);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Echo.EchoClient(channel).UnaryAsync(new EchoMessage()));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.IsType(
            TestedLayer.Choose(typeof(HttpRequestException), typeof(SocketException)), error.Status.DebugException);
    }

    [OwnLayerFact("The packages log other texts.")]
    public async Task UnaryAsync_LoggerFactory_TellsHowTheCallEnded()
    {
        var logs = new LogCapture();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(logs).SetMinimumLevel(LogLevel.Debug));
        using GrpcChannel channel = server.Connect(new GrpcChannelOptions { LoggerFactory = loggers });

        await Assert.ThrowsAsync<RpcException>(
            async () => await new Echo.EchoClient(channel).ThrowAsync(new EchoMessage()));

        await logs.WaitForAsync("/laser.grpc.tests.Echo/Throw ended with Unknown");
    }

    [Fact]
    public async Task GetStatus_RunningCall_IsRefused()
    {
        using var call = server.Client.Wait(new WaitRequest { Id = "running" });
        await call.ResponseHeadersAsync;

        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }
}
