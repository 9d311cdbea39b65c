namespace Laser.Serve.Hosting;

/// <summary>What one client may take of the server before any request of it is looked at.</summary>
public sealed class LimitOptions
{
    /// <summary>
    /// Largest request message, and largest body of an HTTP request, in bytes. 1024 to 1073741824. A larger message is
    /// answered with RESOURCE_EXHAUSTED, a larger body with 413.
    /// </summary>
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// Metadata (headers) of a request, all together, in bytes. 4096 to 1048576.
    /// </summary>
    public int MaxMetadataBytes { get; set; } = 32 * 1024;

    /// <summary>
    /// Streams at one time on one connection. 1 to 65536. One client connection may carry many (load testers open one
    /// for all); a client that wants more opens another connection or waits.
    /// </summary>
    public int MaxStreamsPerConnection { get; set; } = 1024;

    /// <summary>
    /// Connections at one time, on each port for itself. 0 to 1000000; 0 is no limit. One more is closed at once.
    /// </summary>
    public int MaxConnections { get; set; }

    /// <summary>
    /// Seconds of silence after which a connection is pinged. 0 to 86400; 0 never pings. A client whose machine vanished
    /// closes nothing; its requests would run to their end.
    /// </summary>
    public int KeepAlivePingDelaySeconds { get; set; } = 20;

    /// <summary>Seconds that the answer to a ping may take before the connection is cut. 1 to 3600.</summary>
    public int KeepAlivePingTimeoutSeconds { get; set; } = 20;

    internal void FindErrors(string name, List<string> errors)
    {
        SettingCheck.Range(errors, $"{name}:{nameof(MaxMessageBytes)}", MaxMessageBytes, 1024, 1 << 30);
        SettingCheck.Range(errors, $"{name}:{nameof(MaxMetadataBytes)}", MaxMetadataBytes, 4096, 1 << 20);
        SettingCheck.Range(errors, $"{name}:{nameof(MaxStreamsPerConnection)}", MaxStreamsPerConnection, 1, 65536);
        SettingCheck.Range(errors, $"{name}:{nameof(MaxConnections)}", MaxConnections, 0, 1_000_000);
        SettingCheck.Range(errors, $"{name}:{nameof(KeepAlivePingDelaySeconds)}", KeepAlivePingDelaySeconds, 0, 86400);
        SettingCheck.Range(
            errors, $"{name}:{nameof(KeepAlivePingTimeoutSeconds)}", KeepAlivePingTimeoutSeconds, 1, 3600);
    }
}
