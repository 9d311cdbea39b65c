using System.IO.Compression;
using Grpc.AspNetCore.Server;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>The options that apply to the methods of one service.</summary>
/// <param name="MaxReceiveMessageSize">The largest request message in bytes, or null.</param>
/// <param name="MaxSendMessageSize">The largest response message in bytes, or null.</param>
/// <param name="EnableDetailedErrors">Whether clients are told exceptions.</param>
/// <param name="IgnoreUnknownServices">Whether unknown methods are left to other endpoints.</param>
/// <param name="Encodings">The compressions that are known.</param>
/// <param name="ResponseCompression">The compression of responses, or null.</param>
/// <param name="Interceptors">In the order in which they see a call.</param>
internal sealed record MethodSettings(
    int? MaxReceiveMessageSize,
    int? MaxSendMessageSize,
    bool EnableDetailedErrors,
    bool IgnoreUnknownServices,
    MessageEncodings Encodings,
    MessageCompression? ResponseCompression,
    IReadOnlyList<InterceptorRegistration> Interceptors)
{
    private const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>The options of a service over those of all services.</summary>
    /// <exception cref="InvalidOperationException">Responses shall be compressed in an unknown way.</exception>
    public static MethodSettings Combine(GrpcServiceOptions all, GrpcServiceOptions service)
    {
        var encodings = new MessageEncodings([.. service.CompressionProviders, .. all.CompressionProviders]);
        return new MethodSettings(
            service.MaxReceiveMessageSizeSpecified ? service.MaxReceiveMessageSize
                : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
                : DefaultMaxReceiveMessageSize,
            service.MaxSendMessageSizeSpecified ? service.MaxSendMessageSize : all.MaxSendMessageSize,
            service.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false,
            service.IgnoreUnknownServices ?? all.IgnoreUnknownServices ?? false,
            encodings,
            FindCompression(
                service.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm,
                service.ResponseCompressionLevel ?? all.ResponseCompressionLevel,
                encodings),
            [.. all.Interceptors, .. service.Interceptors]);
    }

    private static MessageCompression? FindCompression(
        string? name, CompressionLevel? level, MessageEncodings encodings)
    {
        if (MessageEncodings.IsIdentity(name))
        {
            return null;
        }

        return encodings.Find(name) is { } provider
            ? new MessageCompression(provider, level)
            : throw new InvalidOperationException(
                $"Responses shall be compressed with '{name}', for which there is no compression provider.");
    }
}
