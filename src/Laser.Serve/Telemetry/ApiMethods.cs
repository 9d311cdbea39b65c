using System.Collections.Frozen;
using Grpc.AspNetCore.Server;

namespace Laser.Serve.Telemetry;

/// <summary>
/// The methods that the server has, by path: those of gRPC services, and OpenAI's routes. Known ahead of routing, so that a call that
/// is refused there counts too.
/// </summary>
internal sealed class ApiMethods(EndpointDataSource endpoints)
{
    private const string OpenAiPrefix = "/v1/";

    // Made with the first call: all endpoints are there by then.
    private readonly Lazy<FrozenDictionary<string, ApiMethod>> _byPath = new(() => Read(endpoints));

    /// <summary>The method at a path; null if there is none.</summary>
    public ApiMethod? Find(string? path) => path is null ? null : _byPath.Value.GetValueOrDefault(path);

    private static FrozenDictionary<string, ApiMethod> Read(EndpointDataSource endpoints)
    {
        var byPath = new Dictionary<string, ApiMethod>(StringComparer.Ordinal);
        foreach (RouteEndpoint endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            string? pattern = endpoint.RoutePattern.RawText;
            if (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc)
            {
                string fullName = grpc.Method.FullName;
                byPath[fullName] = new ApiMethod(fullName.TrimStart('/'), IsGrpc: true);
            }
            else if (pattern?.StartsWith(OpenAiPrefix, StringComparison.Ordinal) == true
                && endpoint.RoutePattern.Parameters.Count == 0)
            {
                byPath[pattern] = new ApiMethod(pattern, IsGrpc: false);
            }
        }

        return byPath.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
