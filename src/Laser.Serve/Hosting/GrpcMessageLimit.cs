using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Laser.Serve.Hosting;

/// <summary>
/// Leaves the size of gRPC requests to gRPC, which refuses a large message with a status of its own. The HTTP limit has the same
/// number and counts the frame, too, so that it would always come first.
/// </summary>
internal static class GrpcMessageLimit
{
    /// <summary>Lifts the HTTP limit for gRPC methods; to be used after the routing, which knows them.</summary>
    public static void UseGrpcMessageLimit(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null
            && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = null;
        }

        return next(context);
    });
}
