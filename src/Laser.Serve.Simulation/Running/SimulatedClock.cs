namespace Laser.Serve.Simulation.Running;

/// <summary>A clock that stands still until it is moved. A unit is a nanosecond; it starts at zero.</summary>
internal sealed class SimulatedClock : TimeProvider
{
    private const long UnitsPerSecond = 1_000_000_000;

    /// <summary>The time, in nanoseconds.</summary>
    public long Now { get; set; }

    /// <inheritdoc />
    public override long TimestampFrequency => UnitsPerSecond;

    /// <inheritdoc />
    public override long GetTimestamp() => Now;

    public static long FromSeconds(double seconds) => (long)Math.Round(seconds * UnitsPerSecond);

    public static double ToSeconds(long time) => time / (double)UnitsPerSecond;
}
