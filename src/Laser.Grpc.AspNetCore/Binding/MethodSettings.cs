using Grpc.AspNetCore.Server;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>The options that apply to the methods of one service.</summary>
/// <param name="MaxReceiveMessageSize">The largest request message in bytes, or null.</param>
/// <param name="MaxSendMessageSize">The largest response message in bytes, or null.</param>
/// <param name="EnableDetailedErrors">Whether clients are told exceptions.</param>
/// <param name="IgnoreUnknownServices">Whether unknown methods are left to other endpoints.</param>
/// <param name="Interceptors">In the order in which they see a call.</param>
internal sealed record MethodSettings(
    int? MaxReceiveMessageSize,
    int? MaxSendMessageSize,
    bool EnableDetailedErrors,
    bool IgnoreUnknownServices,
    IReadOnlyList<InterceptorRegistration> Interceptors)
{
    private const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>The options of a service over those of all services.</summary>
    public static MethodSettings Combine(GrpcServiceOptions all, GrpcServiceOptions service) => new(
        service.MaxReceiveMessageSizeSpecified ? service.MaxReceiveMessageSize
            : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
            : DefaultMaxReceiveMessageSize,
        service.MaxSendMessageSizeSpecified ? service.MaxSendMessageSize : all.MaxSendMessageSize,
        service.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false,
        service.IgnoreUnknownServices ?? all.IgnoreUnknownServices ?? false,
        [.. all.Interceptors, .. service.Interceptors]);
}
