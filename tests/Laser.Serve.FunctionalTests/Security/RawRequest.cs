using System.Net;
using System.Net.Http.Headers;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>Requests as they go over the wire, to see how they are refused.</summary>
public static class RawRequest
{
    /// <summary>
    /// A gRPC request with an empty message over HTTP/2; the status of the answer is null where one was let in and is
    /// answered with messages.
    /// </summary>
    public static async Task<GrpcAnswer> GrpcAsync(
        Uri address, string path, params (string Name, string Value)[] headers)
    {
        byte[] emptyMessage = new byte[5];
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(emptyMessage),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("te", "trailers");
        using HttpClient http = Client();
        using HttpResponseMessage response = await SendAsync(http, request, headers);
        string? status = Find(response.Headers, "grpc-status");

        // An answer without a status in its headers is a stream, which may never end.
        byte[] body = status is null ? [] : await response.Content.ReadAsByteArrayAsync();
        return new GrpcAnswer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            status,
            Uri.UnescapeDataString(Find(response.Headers, "grpc-message") ?? ""),
            body.Length);
    }

    /// <summary>A request over HTTP/1.1, or another version.</summary>
    public static async Task<HttpAnswer> HttpAsync(
        HttpMethod method, Uri address, Version? version = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, address)
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpClient http = Client();
        using HttpResponseMessage response = await SendAsync(http, request, headers);
        return new HttpAnswer(
            response.StatusCode, response.Headers.WwwAuthenticate.ToString(), await response.Content.ReadAsStringAsync());
    }

    private static HttpClient Client() => new(TestChannel.Handler());

    private static Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static string? Find(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : null;

    public sealed record GrpcAnswer(
        HttpStatusCode HttpStatus, string? ContentType, string? Status, string Message, int BodyLength);

    public sealed record HttpAnswer(HttpStatusCode Status, string Challenge, string Body);
}
