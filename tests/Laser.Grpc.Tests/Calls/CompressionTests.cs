using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.Interop.Cases;
using Laser.Grpc.Tests.Testing;
using Laser.Grpc.Tests.V1;

namespace Laser.Grpc.Tests.Calls;

/// <summary>The compressed bit, as it is on the wire.</summary>
public sealed class CompressionTests(CaseServer cases) : IClassFixture<CaseServer>
{
    private const string Echo = "/laser.grpc.tests.Echo/Unary";
    private const string Unary = "/grpc.testing.TestService/UnaryCall";
    private const string Stream = "/grpc.testing.TestService/StreamingOutputCall";

    private static readonly EchoMessage Message = new() { Text = new string('a', 1000) };

    [Theory]
    [InlineData("gzip", "identity,deflate,gzip", 1)]
    [InlineData("deflate", "gzip, deflate", 1)]
    [InlineData("gzip", "identity,deflate", 0)]
    [InlineData("gzip", "", 0)]
    [InlineData("gzip", null, 0)]
    public async Task Response_AlgorithmOfTheServer_IsUsedWhereTheClientAcceptsIt(
        string algorithm, string? accepted, byte flag)
    {
        var server = new EchoServer(options =>
        {
            options.ResponseCompressionAlgorithm = algorithm;
            options.ResponseCompressionLevel = CompressionLevel.SmallestSize;
        });
        await server.InitializeAsync();
        using var client = new RawClient(server.Address);
        (string, string)[] headers = accepted is null ? [] : [("grpc-accept-encoding", accepted)];

        using HttpResponseMessage response = await client.PostAsync(Echo, RawClient.Frame(Message), headers);

        (byte Flag, byte[] Payload) frame = Assert.Single(Frames(await response.Content.ReadAsByteArrayAsync()));
        Assert.Equal(flag, frame.Flag);
        Assert.Equal(flag == 1 ? algorithm : null, EncodingOf(response));
        Assert.Equal(Message, EchoMessage.Parser.ParseFrom(flag == 1 ? Unpack(frame.Payload, algorithm) : frame.Payload));
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(true, "gzip", 1)]
    [InlineData(false, "gzip", 0)]
    public Task UnaryCall_HandlerAsks_IsCompressed(bool asks, string accepted, byte flag) =>
        AssertUnaryCallAsync(asks, accepted, flag);

    [OwnLayerFact("The packages compress what a handler wants compressed, whether or not the client understands it.")]
    public Task UnaryCall_HandlerAsksAndClientDoesNotAccept_IsNotCompressed() => AssertUnaryCallAsync(true, "identity", 0);

    [Fact]
    public async Task StreamingOutputCall_NoCompressPerMessage_IsHonoured()
    {
        using var client = new RawClient(cases.Address);
        var request = new StreamingOutputCallRequest();
        foreach (bool compressed in (bool[])[true, false, true])
        {
            request.ResponseParameters.Add(
                new ResponseParameters { Size = 1000, Compressed = new BoolValue { Value = compressed } });
        }

        using HttpResponseMessage response =
            await client.PostAsync(Stream, RawClient.Frame(request), ("grpc-accept-encoding", "identity,gzip"));

        (byte Flag, byte[] Payload)[] frames = [.. Frames(await response.Content.ReadAsByteArrayAsync())];
        Assert.Equal([1, 0, 1], frames.Select(frame => frame.Flag));
        Assert.All(frames, frame => Assert.Equal(
            1000,
            StreamingOutputCallResponse.Parser
                .ParseFrom(frame.Flag == 1 ? Unpack(frame.Payload, "gzip") : frame.Payload)
                .Payload.Body.Length));
    }

    [Theory]
    [InlineData("gzip", default(WriteFlags), 1)]
    [InlineData("deflate", default(WriteFlags), 1)]
    [InlineData("gzip", WriteFlags.NoCompress, 0)]
    [InlineData("identity", default(WriteFlags), 0)]
    public async Task Request_CallerAsks_IsCompressed(string encoding, WriteFlags flags, byte flag)
    {
        string text = new string('a', 1000);
        var options = new CallOptions(
            new Metadata { { "grpc-internal-encoding-request", encoding } }, writeOptions: new WriteOptions(flags));
        await using var capture = await RequestCapture.StartAsync();
        using var channel = GrpcChannel.ForAddress(capture.Address);
        await channel.CreateCallInvoker().AsyncUnaryCall(RawEndpoints.Method("Any"), null, options, text);

        (byte Flag, byte[] Payload) frame = Assert.Single(Frames(capture.Body));
        Assert.Equal(flag, frame.Flag);
        Assert.Equal(encoding, capture.Headers["grpc-encoding"]);
        Assert.Equal("identity,gzip,deflate", capture.Headers["grpc-accept-encoding"]);
        Assert.False(capture.Headers.ContainsKey("grpc-internal-encoding-request"));
        byte[] plain = flag == 1 ? Unpack(frame.Payload, encoding) : frame.Payload;
        Assert.Equal(text, Encoding.UTF8.GetString(plain));
    }

    [Fact]
    public async Task Request_UnknownCompression_Fails()
    {
        using GrpcChannel channel = cases.Connect();
        var options = new CallOptions(new Metadata { { "grpc-internal-encoding-request", "snappy" } });

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Testing.TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), options));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task Response_OverTheSendLimitBeforeCompression_IsRefused()
    {
        var server = new EchoServer(options =>
        {
            options.ResponseCompressionAlgorithm = "gzip";
            options.MaxSendMessageSize = 500;
        });
        await server.InitializeAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryAsync(Message));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        await server.DisposeAsync();
    }

    [Fact]
    public void Response_AlgorithmWithoutProvider_IsRefusedWhenMapped()
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => new EchoServer(options => options.ResponseCompressionAlgorithm = "snappy"));

        Assert.Contains("snappy", error.ToString(), StringComparison.Ordinal);
    }

    private async Task AssertUnaryCallAsync(bool asks, string accepted, byte flag)
    {
        using var client = new RawClient(cases.Address);
        var request = new SimpleRequest { ResponseSize = 1000, ResponseCompressed = new BoolValue { Value = asks } };

        using HttpResponseMessage response =
            await client.PostAsync(Unary, RawClient.Frame(request), ("grpc-accept-encoding", accepted));

        (byte Flag, byte[] Payload) frame = Assert.Single(Frames(await response.Content.ReadAsByteArrayAsync()));
        Assert.Equal(flag, frame.Flag);
        Assert.False(response.Headers.Contains("grpc-internal-encoding-request"));
    }

    private static string? EncodingOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("grpc-encoding", out IEnumerable<string>? values) && values.Single() != "identity"
            ? values.Single()
            : null;

    private static IEnumerable<(byte Flag, byte[] Payload)> Frames(byte[] body)
    {
        for (int start = 0; start < body.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(start + 1));
            yield return (body[start], body[(start + 5)..(start + 5 + length)]);
            start += 5 + length;
        }
    }

    private static byte[] Unpack(byte[] packed, string encoding)
    {
        ICompressionProvider provider = encoding == "gzip"
            ? new GzipCompressionProvider(CompressionLevel.Fastest)
            : new DeflateCompressionProvider(CompressionLevel.Fastest);
        using Stream unpacker = provider.CreateDecompressionStream(new MemoryStream(packed));
        var plain = new MemoryStream();
        unpacker.CopyTo(plain);
        return plain.ToArray();
    }
}
