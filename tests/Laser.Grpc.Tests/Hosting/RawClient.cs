using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>Posts bytes as they are, to see and to break what is on the wire.</summary>
internal sealed class RawClient(Uri address) : IDisposable
{
    private const int HeaderSize = 5;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

    public static byte[] Frame(IMessage message) => Frame(0, message.ToByteArray());

    public static byte[] Frame(byte flag, byte[] payload)
    {
        byte[] frame = new byte[HeaderSize + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, HeaderSize);
        return frame;
    }

    public Task<HttpResponseMessage> PostAsync(
        string path, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body, "application/grpc", HttpVersion.Version20, headers);

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        byte[] body,
        string contentType,
        Version version,
        params (string Name, string Value)[] headers) => SendAsync(
            method, path, method == HttpMethod.Get ? null : new ByteArrayContent(body), contentType, version, headers);

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content,
        string contentType,
        Version version,
        params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(address, path))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content?.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return _http.SendAsync(request, CancellationToken.None);
    }

    public void Dispose() => _http.Dispose();
}
