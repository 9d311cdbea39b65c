namespace Laser.Serve.Engine.Telemetry;

/// <summary>Names to listen to.</summary>
public static class EngineTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/> that has a span for each step.</summary>
    public const string ActivitySourceName = "Laser.Serve.Engine";
}
