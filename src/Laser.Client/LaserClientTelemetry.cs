namespace Laser.Client;

/// <summary>
/// Names to listen to: what spans and instruments there are, with which attributes, is told in the README of this
/// library.
/// </summary>
public static class LaserClientTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/> with one client span for each call.</summary>
    public const string ActivitySourceName = "Laser.Client";

    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "Laser.Client";
}
