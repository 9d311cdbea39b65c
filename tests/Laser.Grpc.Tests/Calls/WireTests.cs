using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Laser.Grpc.Tests.Calls;

/// <summary>The server's answers as they are on the wire, to requests no proper client sends.</summary>
public sealed class WireTests(EchoServer server) : IClassFixture<EchoServer>, IDisposable
{
    private const string Unary = "/laser.grpc.tests.Echo/Unary";
    private const string ClientStream = "/laser.grpc.tests.Echo/ClientStream";

    // The packages take some broken messages for failures of the handler.
    private static readonly string Internal = TestedLayer.Choose(ours: "13", packages: "2");

    private readonly RawClient _client = new(server.Address);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Unary_Success_HasMessageAndTrailers()
    {
        byte[] frame = RawClient.Frame(new EchoMessage { Text = "wire" });

        using HttpResponseMessage response = await _client.PostAsync(Unary, frame);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(frame, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.False(response.TrailingHeaders.Contains("grpc-message"));
        Assert.False(response.Headers.Contains("grpc-status"));
    }

    [Fact]
    public async Task Fail_WithoutMessage_IsHeadersOnly()
    {
        using HttpResponseMessage response = await _client.PostAsync(
            "/laser.grpc.tests.Echo/Fail", RawClient.Frame(new FailRequest { Code = 5, Detail = "50% \u00fc" }));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("5", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("50%25 %C3%BC", response.Headers.GetValues("grpc-message").Single());
        Assert.Empty(response.TrailingHeaders);
    }

    public static TheoryData<string, byte[], string> BrokenBodies => new()
    {
        { "no message", [], "13" },
        { "part of a header", [0, 0, 0], "13" },
        { "part of a payload", [0, 0, 0, 0, 9, 1, 2], "13" },
        { "flag 2", RawClient.Frame(2, []), Internal },
        { "length 0xffffffff", [0, 255, 255, 255, 255], Internal },
        { "length over the limit", [0, 0, 64, 0, 1], "8" },
        { "two messages", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "13" },
        { "compressed without a name", RawClient.Frame(1, [1, 2, 3]), "13" },
        { "no protobuf", RawClient.Frame(0, [255, 255, 255]), Internal },
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task Unary_BrokenBody_IsToldApart(string what, byte[] body, string status)
    {
        using HttpResponseMessage response = await _client.PostAsync(Unary, body);

        Assert.Equal((what, status), (what, response.Headers.GetValues("grpc-status").Single()));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task ClientStream_BrokenSecondMessage_EndsTheCall()
    {
        byte[] body = [.. RawClient.Frame(new EchoMessage { Text = "good" }), 7, 0, 0, 0, 0];

        using HttpResponseMessage response = await _client.PostAsync(ClientStream, body);

        Assert.Equal(Internal, response.Headers.GetValues("grpc-status").Single());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Unary_CompressedRequest_IsUnderstood(string encoding)
    {
        byte[] plain = new EchoMessage { Text = new string('a', 10_000) }.ToByteArray();

        using HttpResponseMessage response =
            await _client.PostAsync(Unary, RawClient.Frame(1, Compress(plain, encoding)), ("grpc-encoding", encoding));

        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(RawClient.Frame(0, plain), body);
    }

    [Fact]
    public async Task Unary_CompressedBomb_IsStoppedAtTheLimit()
    {
        byte[] bomb = Compress(new byte[50_000_000], "gzip");

        using HttpResponseMessage response =
            await _client.PostAsync(Unary, RawClient.Frame(1, bomb), ("grpc-encoding", "gzip"));

        Assert.Equal("8", response.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Unary_BadGzip_IsInternal()
    {
        using HttpResponseMessage response =
            await _client.PostAsync(Unary, RawClient.Frame(1, [1, 2, 3]), ("grpc-encoding", "gzip"));

        Assert.Equal(Internal, response.Headers.GetValues("grpc-status").Single());
    }

    [OwnLayerFact("The packages answer without a body and without grpc-accept-encoding in the headers.")]
    public async Task Unary_UnknownCompression_NamesWhatIsAccepted()
    {
        using HttpResponseMessage response =
            await _client.PostAsync(Unary, RawClient.Frame(new EchoMessage()), ("grpc-encoding", "snappy"));

        Assert.Equal("12", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("identity,gzip,deflate", response.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    public async Task Unary_OtherContentType_Is415(string contentType)
    {
        using HttpResponseMessage response =
            await _client.SendAsync(HttpMethod.Post, Unary, [], contentType, HttpVersion.Version20);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("13", response.Headers.GetValues("grpc-status").Single());
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=utf-8")]
    public async Task Unary_ContentTypeWithFormat_IsAccepted(string contentType)
    {
        using HttpResponseMessage response = await _client.SendAsync(
            HttpMethod.Post, Unary, RawClient.Frame(new EchoMessage()), contentType, HttpVersion.Version20);

        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Theory]
    [InlineData("GET", Unary)]
    [InlineData("GET", "/some/thing")]
    [InlineData("POST", "/some/thing")]
    public async Task OtherRequest_NotGrpc_IsNotFound(string method, string path)
    {
        using HttpResponseMessage response =
            await _client.SendAsync(new HttpMethod(method), path, [], "text/plain", HttpVersion.Version20);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task OtherEndpoint_BesideTheService_IsServed()
    {
        using HttpResponseMessage response =
            await _client.SendAsync(HttpMethod.Get, "/plain", [], "text/plain", HttpVersion.Version20);

        Assert.Equal("plain", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Unary_OverHttp1_AsksForHttp2()
    {
        var http1 = new EchoServer(_ => { }, HttpProtocols.Http1);
        await http1.InitializeAsync();
        using var client = new RawClient(http1.Address);

        using HttpResponseMessage response = await client.SendAsync(
            HttpMethod.Post, Unary, RawClient.Frame(new EchoMessage()), "application/grpc", HttpVersion.Version11);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        await http1.DisposeAsync();
    }

    [Theory]
    [InlineData("AAE", "00 01")]
    [InlineData("AAE=", "00 01")]
    public async Task EchoMetadata_BinaryForms_AreRead(string sent, string expected) =>
        Assert.Equal(expected, await EchoedBytesAsync(sent));

    [OwnLayerTheory("The packages take joined binary values for one.")]
    [InlineData("AAE, /w==,AA", "00 01|FF|00")]
    public async Task EchoMetadata_JoinedBinaryValues_AreAllRead(string sent, string expected) =>
        Assert.Equal(expected, await EchoedBytesAsync(sent));

    [Fact]
    public async Task EchoMetadata_BadBase64_IsInternal()
    {
        using HttpResponseMessage response = await _client.PostAsync(
            "/laser.grpc.tests.Echo/EchoMetadata", RawClient.Frame(new EchoMessage()), ("x-data-bin", "*"));

        Assert.Equal(Internal, response.Headers.GetValues("grpc-status").Single());
    }

    private async Task<string> EchoedBytesAsync(string sent)
    {
        using HttpResponseMessage response = await _client.PostAsync(
            "/laser.grpc.tests.Echo/EchoMetadata", RawClient.Frame(new EchoMessage()), ("x-data-bin", sent));

        return string.Join('|', response.Headers.GetValues("h-x-data-bin")
            .SelectMany(value => value.Split(','))
            .Select(value => Convert.FromBase64String(value.Trim().PadRight((value.Trim().Length + 3) / 4 * 4, '=')))
            .Select(bytes => string.Join(' ', bytes.Select(b => b.ToString("X2", null)))));
    }

    private static byte[] Compress(byte[] plain, string encoding)
    {
        var output = new MemoryStream();
        using (Stream packer = encoding == "gzip"
            ? new GZipStream(output, CompressionLevel.Optimal)
            : new ZLibStream(output, CompressionLevel.Optimal))
        {
            packer.Write(plain);
        }

        return output.ToArray();
    }
}
