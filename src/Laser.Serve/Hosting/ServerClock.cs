using System.Reflection;

namespace Laser.Serve.Hosting;

/// <summary>Which program runs, and since when.</summary>
internal sealed class ServerClock(TimeProvider time)
{
    /// <summary>Version of the program.</summary>
    public static string Version { get; } =
        typeof(ServerClock).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>When the server was made.</summary>
    public DateTimeOffset StartTime { get; } = time.GetUtcNow();
}
