using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;

namespace Laser.Grpc.Tests.Calls;

/// <summary>The client against answers no proper server gives.</summary>
public sealed class ClientResponseTests(EchoServer server) : IClassFixture<EchoServer>, IDisposable
{
    private readonly GrpcChannel _channel = server.Connect();

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task AsyncUnaryCall_GzipResponse_IsUnpacked()
    {
        using AsyncUnaryCall<string> call = Call("Gzip");

        Assert.Equal("unpacked", await call);
    }

    [Theory]
    [InlineData("GzipBomb", StatusCode.ResourceExhausted)]
    [InlineData("CompressedWithoutName", StatusCode.Internal)]
    [InlineData("NoMessage", StatusCode.Internal)]
    [InlineData("TwoMessages", StatusCode.Internal)]
    [InlineData("HalfAMessage", StatusCode.Internal)]
    [InlineData("Http400", StatusCode.Internal)]
    [InlineData("Http401", StatusCode.Unauthenticated)]
    [InlineData("Http403", StatusCode.PermissionDenied)]
    [InlineData("Http404", StatusCode.Unimplemented)]
    [InlineData("Http429", StatusCode.Unavailable)]
    [InlineData("Http503", StatusCode.Unavailable)]
    [InlineData("Http500", StatusCode.Unknown)]
    [InlineData("Reset1", StatusCode.Internal)]
    [InlineData("Reset2", StatusCode.Internal)]
    [InlineData("Reset7", StatusCode.Unavailable)]
    [InlineData("Reset8", StatusCode.Cancelled)]
    [InlineData("Reset11", StatusCode.ResourceExhausted)]
    [InlineData("Reset12", StatusCode.PermissionDenied)]
    [InlineData("Disconnect", StatusCode.Unavailable)]
    public Task AsyncUnaryCall_OddAnswer_GivesStatus(string method, StatusCode expected) =>
        AssertStatusAsync(method, expected);

    // What grpc-status is missing from is UNKNOWN by the protocol's document.
    [Theory]
    [InlineData("NoStatus")]
    [InlineData("StatusInWords")]
    [InlineData("Text")]
    public Task AsyncUnaryCall_NoGrpcStatus_IsUnknown(string method) =>
        AssertStatusAsync(method, TestedLayer.Choose(ours: StatusCode.Unknown, packages: StatusCode.Cancelled));

    [Fact]
    public async Task AsyncServerStreamingCall_NoMessage_IsAnEmptyStream()
    {
        using AsyncServerStreamingCall<string> call = _channel.CreateCallInvoker().AsyncServerStreamingCall(
            RawEndpoints.Method("NoMessage", MethodType.ServerStreaming), null, default, "");

        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public void ForAddress_OtherScheme_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("ftp://localhost"));

    [OwnLayerFact("The packages ignore a path.")]
    public void ForAddress_Path_IsRefused() =>
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://localhost/path"));

    private async Task AssertStatusAsync(string method, StatusCode expected)
    {
        using AsyncUnaryCall<string> call = Call(method);

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(expected, error.StatusCode);
        Assert.Equal(expected, call.GetStatus().StatusCode);
        Assert.NotEmpty(error.Status.Detail);
    }

    private AsyncUnaryCall<string> Call(string method) =>
        _channel.CreateCallInvoker().AsyncUnaryCall(RawEndpoints.Method(method), null, default, "");
}
