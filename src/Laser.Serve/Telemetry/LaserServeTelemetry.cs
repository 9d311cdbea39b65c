using System.Diagnostics;

namespace Laser.Serve.Telemetry;

/// <summary>Names to listen to; what spans and metrics there are is told in the README beside this and in that of the metrics.</summary>
public static class LaserServeTelemetry
{
    /// <summary>Name of the <see cref="ActivitySource"/> that has one server span for each call of the API.</summary>
    public const string ActivitySourceName = "Laser.Serve";

    /// <summary>The source.</summary>
    internal static ActivitySource Source { get; } = new(ActivitySourceName);
}
