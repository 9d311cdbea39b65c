using Prometheus;

namespace Laser.Serve.Hosting;

/// <content>Compiled only with <c>UseUpstreamPackages</c>.</content>
internal static partial class OperationsEndpoints
{
    // Beside /metrics and not in its place: the package puts the meter's name before each instrument's and leaves the unit out, and
    // dashboards must not depend on what the server was built with. It adds what we do not export: Kestrel, runtime, process.
    static partial void MapMetricsOfPackage(RouteGroupBuilder operations) => operations.MapMetrics("/metrics/dotnet");
}
