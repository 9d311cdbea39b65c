namespace Laser.Serve.Security;

/// <summary>
/// What is answered without a key. Everything else needs one, so that a new route is guarded unless it is named here.
/// </summary>
internal static class OpenPaths
{
    /// <summary>Paths below it are the methods of the health service.</summary>
    public const string GrpcHealth = "/grpc.health.v1.Health";

    private const string Metrics = "/metrics";

    // The page at / shows nothing by itself: what it asks the server for needs a key.
    private static readonly HashSet<string> Exact = ["/", "/favicon.ico", "/healthz", "/readyz"];

    /// <param name="path">Path of the request.</param>
    /// <param name="withMetrics">Whether <c>/metrics</c> is open.</param>
    public static bool Contains(PathString path, bool withMetrics) =>
        Exact.Contains(path.Value ?? "") || IsGrpcHealth(path) || (withMetrics && path == Metrics);

    public static bool IsGrpcHealth(PathString path) =>
        path.StartsWithSegments(GrpcHealth, StringComparison.Ordinal, out PathString method) && method.HasValue;
}
