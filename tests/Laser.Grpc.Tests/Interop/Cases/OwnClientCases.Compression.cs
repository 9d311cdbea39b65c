using Grpc.Core;
using Laser.Grpc.Tests.Testing;
using Stub = Laser.Grpc.Tests.Testing.TestService.TestServiceClient;

namespace Laser.Grpc.Tests.Interop.Cases;

/// <content>The cases of compression. Each starts with a probe: a message that says of itself what is not so is refused.</content>
internal static partial class OwnClientCases
{
    private static readonly Metadata Gzip = new() { { "grpc-internal-encoding-request", "gzip" } };

    private static async Task ClientCompressedUnaryAsync(Stub client)
    {
        SimpleRequest compressed = LargeUnaryRequest();
        compressed.ExpectCompressed = new BoolValue { Value = true };
        SimpleRequest plain = LargeUnaryRequest();
        plain.ExpectCompressed = new BoolValue();

        Assert.Equal(
            StatusCode.InvalidArgument, await StatusOfAsync(async () => await client.UnaryCallAsync(compressed)));
        AssertZeros(LargeResponse, (await client.UnaryCallAsync(compressed, Gzip)).Payload);
        AssertZeros(LargeResponse, (await client.UnaryCallAsync(plain)).Payload);

        // One message of a call that compresses may still be sent as it is.
        var options = new CallOptions(Gzip, writeOptions: new WriteOptions(WriteFlags.NoCompress));
        AssertZeros(LargeResponse, (await client.UnaryCallAsync(plain, options)).Payload);
    }

    private static async Task ServerCompressedUnaryAsync(Stub client)
    {
        foreach (bool isCompressed in (bool[])[true, false])
        {
            SimpleRequest request = LargeUnaryRequest();
            request.ResponseCompressed = new BoolValue { Value = isCompressed };

            AssertZeros(LargeResponse, (await client.UnaryCallAsync(request)).Payload);
        }
    }

    private static async Task ClientCompressedStreamingAsync(Stub client)
    {
        using var probe = client.StreamingInputCall();
        await probe.RequestStream.WriteAsync(Part(27_182, isCompressed: true));
        await probe.RequestStream.CompleteAsync();
        Assert.Equal(StatusCode.InvalidArgument, await StatusOfAsync(() => probe.ResponseAsync));

        using var call = client.StreamingInputCall(Gzip);
        await call.RequestStream.WriteAsync(Part(27_182, isCompressed: true));
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(Part(45_904, isCompressed: false));
        await call.RequestStream.CompleteAsync();

        Assert.Equal(73_086, (await call).AggregatedPayloadSize);

        static StreamingInputCallRequest Part(int size, bool isCompressed) =>
            new() { Payload = Zeros(size), ExpectCompressed = new BoolValue { Value = isCompressed } };
    }

    private static async Task ServerCompressedStreamingAsync(Stub client)
    {
        var request = new StreamingOutputCallRequest
        {
            ResponseParameters =
            {
                new ResponseParameters { Size = 31_415, Compressed = new BoolValue { Value = true } },
                new ResponseParameters { Size = 92_653, Compressed = new BoolValue() },
            },
        };
        using var call = client.StreamingOutputCall(request);

        foreach (ResponseParameters response in request.ResponseParameters)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            AssertZeros(response.Size, call.ResponseStream.Current.Payload);
        }

        Assert.False(await call.ResponseStream.MoveNext());
    }
}
