using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Testing;
using Stub = Laser.Grpc.Tests.Testing.TestService.TestServiceClient;

namespace Laser.Grpc.Tests.Interop.Cases;

/// <summary>The cases as our client plays them; the names are those of the document.</summary>
internal static partial class OwnClientCases
{
    private const int LargeRequest = 271_828;
    private const int LargeResponse = 314_159;

    private static readonly int[] RequestSizes = [27_182, 8, 1_828, 45_904];
    private static readonly int[] ResponseSizes = [31_415, 9, 2_653, 58_979];

    public static IReadOnlyDictionary<string, Func<GrpcChannel, Task>> All { get; } =
        new Dictionary<string, Func<GrpcChannel, Task>>
        {
            ["empty_unary"] = channel => EmptyUnaryAsync(new Stub(channel)),
            ["large_unary"] = channel => LargeUnaryAsync(new Stub(channel)),
            ["client_streaming"] = channel => ClientStreamingAsync(new Stub(channel)),
            ["server_streaming"] = channel => ServerStreamingAsync(new Stub(channel)),
            ["ping_pong"] = channel => PingPongAsync(new Stub(channel)),
            ["empty_stream"] = channel => EmptyStreamAsync(new Stub(channel)),
            ["client_compressed_unary"] = channel => ClientCompressedUnaryAsync(new Stub(channel)),
            ["server_compressed_unary"] = channel => ServerCompressedUnaryAsync(new Stub(channel)),
            ["client_compressed_streaming"] = channel => ClientCompressedStreamingAsync(new Stub(channel)),
            ["server_compressed_streaming"] = channel => ServerCompressedStreamingAsync(new Stub(channel)),
            ["custom_metadata"] = channel => CustomMetadataAsync(new Stub(channel)),
            ["status_code_and_message"] = channel => StatusCodeAndMessageAsync(new Stub(channel), "test status message"),
            ["special_status_message"] = channel => StatusCodeAndMessageAsync(
                new Stub(channel), "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \ud83d\ude08\t\n"),
            ["unimplemented_method"] = channel => UnimplementedMethodAsync(new Stub(channel)),
            ["unimplemented_service"] = UnimplementedServiceAsync,
            ["cancel_after_begin"] = channel => CancelAfterBeginAsync(new Stub(channel)),
            ["cancel_after_first_response"] = channel => CancelAfterFirstResponseAsync(new Stub(channel)),
            ["timeout_on_sleeping_server"] = channel => TimeoutOnSleepingServerAsync(new Stub(channel)),
        };

    private static async Task EmptyUnaryAsync(Stub client) =>
        Assert.Equal(new Empty(), await client.EmptyCallAsync(new Empty()));

    private static async Task LargeUnaryAsync(Stub client)
    {
        SimpleResponse response = await client.UnaryCallAsync(LargeUnaryRequest());

        AssertZeros(LargeResponse, response.Payload);
    }

    private static async Task ClientStreamingAsync(Stub client)
    {
        using var call = client.StreamingInputCall();
        foreach (int size in RequestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(RequestSizes.Sum(), (await call).AggregatedPayloadSize);
    }

    private static async Task ServerStreamingAsync(Stub client)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(ResponseSizes.Select(size => new ResponseParameters { Size = size }));
        using var call = client.StreamingOutputCall(request);

        foreach (int size in ResponseSizes)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            AssertZeros(size, call.ResponseStream.Current.Payload);
        }

        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static async Task PingPongAsync(Stub client)
    {
        using var call = client.FullDuplexCall();
        foreach ((int requestSize, int responseSize) in RequestSizes.Zip(ResponseSizes))
        {
            await call.RequestStream.WriteAsync(Ping(requestSize, responseSize));
            Assert.True(await call.ResponseStream.MoveNext());
            AssertZeros(responseSize, call.ResponseStream.Current.Payload);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static async Task EmptyStreamAsync(Stub client)
    {
        using var call = client.FullDuplexCall();
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static async Task CustomMetadataAsync(Stub client)
    {
        byte[] bytes = [0xab, 0xab, 0xab];
        var sent = new Metadata
        {
            { TestService.EchoedHeader, "test_initial_metadata_value" },
            { TestService.EchoedTrailer, bytes },
        };
        using var unary = client.UnaryCallAsync(LargeUnaryRequest(), sent);
        await unary;
        using var duplex = client.FullDuplexCall(sent);
        await duplex.RequestStream.WriteAsync(Ping(1, 1));
        await duplex.RequestStream.CompleteAsync();
        await foreach (StreamingOutputCallResponse _ in duplex.ResponseStream.ReadAllAsync())
        {
        }

        Assert.Equal("test_initial_metadata_value", (await unary.ResponseHeadersAsync).GetValue(TestService.EchoedHeader));
        Assert.Equal("test_initial_metadata_value", (await duplex.ResponseHeadersAsync).GetValue(TestService.EchoedHeader));
        Assert.Equal(bytes, unary.GetTrailers().GetValueBytes(TestService.EchoedTrailer));
        Assert.Equal(bytes, duplex.GetTrailers().GetValueBytes(TestService.EchoedTrailer));
    }

    private static async Task StatusCodeAndMessageAsync(Stub client, string message)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = message };
        using var duplex = client.FullDuplexCall();
        await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });

        RpcException[] errors =
        [
            await Assert.ThrowsAsync<RpcException>(
                async () => await client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status })),
            await Assert.ThrowsAsync<RpcException>(() => duplex.ResponseStream.MoveNext()),
        ];

        Assert.All(errors, error => Assert.Equal(StatusCode.Unknown, error.StatusCode));
        Assert.All(errors, error => Assert.Equal(message, error.Status.Detail));
    }

    private static async Task UnimplementedMethodAsync(Stub client) => Assert.Equal(
        StatusCode.Unimplemented, await StatusOfAsync(async () => await client.UnimplementedCallAsync(new Empty())));

    private static async Task UnimplementedServiceAsync(GrpcChannel channel)
    {
        var client = new UnimplementedService.UnimplementedServiceClient(channel);

        Assert.Equal(
            StatusCode.Unimplemented,
            await StatusOfAsync(async () => await client.UnimplementedCallAsync(new Empty())));
    }

    private static async Task CancelAfterBeginAsync(Stub client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.StreamingInputCall(cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, await StatusOfAsync(() => call.ResponseAsync));
    }

    private static async Task CancelAfterFirstResponseAsync(Stub client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.FullDuplexCall(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(Ping(RequestSizes[0], ResponseSizes[0]));
        Assert.True(await call.ResponseStream.MoveNext());

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, await StatusOfAsync(() => call.ResponseStream.MoveNext()));
    }

    private static async Task TimeoutOnSleepingServerAsync(Stub client)
    {
        using var call = client.FullDuplexCall(deadline: DateTime.UtcNow.AddMilliseconds(1));

        StatusCode status = await StatusOfAsync(async () =>
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27_182) });
            await call.ResponseStream.MoveNext();
        });

        Assert.Equal(StatusCode.DeadlineExceeded, status);
    }

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) =>
        (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;

    private static SimpleRequest LargeUnaryRequest() =>
        new() { ResponseSize = LargeResponse, Payload = Zeros(LargeRequest) };

    private static StreamingOutputCallRequest Ping(int requestSize, int responseSize) => new()
    {
        Payload = Zeros(requestSize),
        ResponseParameters = { new ResponseParameters { Size = responseSize } },
    };

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    private static void AssertZeros(int size, Payload payload)
    {
        Assert.Equal(size, payload.Body.Length);
        Assert.False(payload.Body.Span.ContainsAnyExcept((byte)0));
    }
}
