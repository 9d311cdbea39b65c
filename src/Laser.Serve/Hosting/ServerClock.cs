namespace Laser.Serve.Hosting;

/// <summary>Which program runs, and since when.</summary>
internal sealed class ServerClock(TimeProvider time)
{
    /// <summary>Version of the program.</summary>
    public static string Version { get; } = typeof(ServerClock).Assembly.GetName().Version!.ToString(3);

    /// <summary>When the server was made.</summary>
    public DateTimeOffset StartTime { get; } = time.GetUtcNow();
}
