using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Stress;

/// <summary>Bytes that are no request, as a broken or hostile client sends them.</summary>
public class MalformedMessageTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Generate_BadUtf8_IsRefusedNamingTheReason()
    {
        RpcException e = await SendAsync([0x12, 0x02, 0xC3, 0x28]); // field 2 (prompt), two bytes that are no UTF-8

        Assert.Equal(StatusCode.Internal, e.StatusCode);
        Assert.Contains("UTF-8", e.Status.Detail);
    }

    [Fact]
    public async Task Generate_CutMessage_IsRefused()
    {
        RpcException e = await SendAsync([0x12, 0x7F, 0x41]);

        Assert.Equal(StatusCode.Internal, e.StatusCode);
    }

    [Fact]
    public async Task Generate_OverLongMessage_IsResourceExhausted()
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => server.Client.GenerateOnceAsync(RunningServer.Request(new string('a', 5 << 20), 1)));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    [Fact]
    public async Task Generate_UnknownField_IsPassedOver()
    {
        // Field 1000, a newer client's: protobuf's rule is to let it pass.
        byte[] message = [.. new GenerateRequest { Prompt = "The king", MaxTokens = 1 }.ToByteArray(), 0xC0, 0x3E, 0x01];

        GenerateOnceResponse response = await CallAsync(message);

        Assert.Single(response.Sequences);
    }

    [Fact]
    public async Task Call_UnknownMethod_IsUnimplemented()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => Invoke(channel, "laser.serve.v1.Generation", "GenerateTwice", []));

        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
    }

    private async Task<RpcException> SendAsync(byte[] message)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => CallAsync(message));
        Assert.Single((await CallAsync(new GenerateRequest { Prompt = "The king", MaxTokens = 1 }.ToByteArray())).Sequences);
        return e;
    }

    private async Task<GenerateOnceResponse> CallAsync(byte[] message)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        return await Invoke(channel, "laser.serve.v1.Generation", "GenerateOnce", message);
    }

    private static async Task<GenerateOnceResponse> Invoke(
        GrpcChannel channel, string service, string name, byte[] message)
    {
        var method = new Method<byte[], GenerateOnceResponse>(
            MethodType.Unary,
            service,
            name,
            Marshallers.Create(bytes => bytes, bytes => bytes),
            Marshallers.Create(response => response.ToByteArray(), GenerateOnceResponse.Parser.ParseFrom));
        using AsyncUnaryCall<GenerateOnceResponse> call =
            channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, message);
        return await call;
    }
}
