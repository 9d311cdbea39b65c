using System.Diagnostics;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>
/// Whose measurement is being recorded, on this thread. The engine thread measures many requests and has no current
/// activity; a listener that keeps examples of what it counts asks here for their trace.
/// </summary>
public static class MeasuredRequest
{
    /// <summary>Trace of the request; the default outside of measurements, or where it has none.</summary>
    [field: ThreadStatic]
    public static ActivityContext Trace { get; internal set; }
}
