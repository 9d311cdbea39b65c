using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Client;

/// <summary>Builds the HTTP request of a call.</summary>
internal static class CallRequest
{
    private static readonly string UserAgent =
        $"grpc-dotnet-laser/{typeof(CallRequest).Assembly.GetName().Version?.ToString(3)}";

    private static readonly MediaTypeHeaderValue ContentType = new(GrpcHeaders.GrpcContentType);

    /// <exception cref="ArgumentException">
    /// The metadata has a reserved key or a text that cannot be a header.
    /// </exception>
    public static HttpRequestMessage Create(
        Uri address, HttpContent content, Metadata? metadata, MessageEncodings encodings)
    {
        content.Headers.ContentType = ContentType;
        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        Add(request, "te", "trailers");
        Add(request, "user-agent", UserAgent);
        Add(request, GrpcHeaders.AcceptEncoding, encodings.Accepted);
        foreach (Metadata.Entry entry in metadata ?? Metadata.Empty)
        {
            if (entry.Key == GrpcHeaders.EncodingRequest)
            {
                Add(request, GrpcHeaders.Encoding, entry.Value);
                continue;
            }

            if (GrpcHeaders.IsReserved(entry.Key) || (!entry.IsBinary && !MetadataCoding.IsSendable(entry.Value)))
            {
                throw new ArgumentException(
                    $"Metadata '{entry.Key}' is reserved by gRPC, or its text is not printable ASCII.",
                    nameof(metadata));
            }

            Add(request, entry.Key, MetadataCoding.Encode(entry));
        }

        return request;
    }

    /// <summary>The compression of the requests, which a caller asks for in the metadata; null for none.</summary>
    /// <exception cref="RpcException">The channel does not know it.</exception>
    public static MessageCompression? FindCompression(Metadata? metadata, MessageEncodings encodings)
    {
        string? name = metadata?.GetValue(GrpcHeaders.EncodingRequest);
        if (MessageEncodings.IsIdentity(name))
        {
            return null;
        }

        return encodings.Find(name) is { } provider
            ? new MessageCompression(provider)
            : throw new RpcException(new Status(StatusCode.Internal, $"The channel knows no compression '{name}'."));
    }

    public static void SetTimeout(HttpRequestMessage request, TimeSpan timeout) =>
        Add(request, GrpcHeaders.Timeout, TimeoutCoding.Format(timeout));

    private static void Add(HttpRequestMessage request, string name, string value) =>
        request.Headers.TryAddWithoutValidation(name, value);
}
