using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Polly;

namespace Laser.Client;

/// <summary>Options of a <see cref="LaserClient"/>; read once, when the client is made.</summary>
public sealed class LaserClientOptions
{
    /// <summary>
    /// The servers, at least one; calls go round them in turn. <c>http://host:port</c> is HTTP/2 without encryption,
    /// <c>https://host:port</c> with it. <c>dns:///host:port</c> stands for all addresses that the name has, with
    /// encryption where <see cref="Tls"/> is set.
    /// </summary>
    public IList<Uri> Addresses { get; init; } = [];

    /// <summary>
    /// Sent as <c>authorization: Bearer KEY</c> with every call; printable ASCII without spaces. The default, null,
    /// sends none. Over <c>http://</c> everyone on the way can read it.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// What to trust and who to be over TLS. The default, null, trusts what the system trusts and shows no certificate.
    /// </summary>
    public LaserTlsOptions? Tls { get; set; }

    /// <summary>Longest time to open a connection, before the next address is tried; above 0, at most 1 day.
    /// Default 5 seconds.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Longest time of one attempt to the first message of a stream, or to the answer of a call other than
    /// GenerateOnce; above 0, at most 1 day. The call then fails with DEADLINE_EXCEEDED and is not tried again, since a server that
    /// is slow because it is busy would only get busier. Null for no limit. Default 100 seconds.
    /// </summary>
    public TimeSpan? FirstTokenTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// Longest time of a call with all its attempts, waits and messages; above 0, at most 1 day. It goes to the server as the
    /// deadline of the call, so that the server stops working when nobody waits any more. The default, null, has none.
    /// </summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>
    /// A connection that has calls and is silent for so long is pinged, at least 1 second; one that does not answer
    /// within <see cref="KeepAliveTimeout"/> is closed. Null for never. Default 30 seconds.
    /// </summary>
    public TimeSpan? KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time to the answer of a ping, at least 1 second. Default 10 seconds.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A DNS name is looked up again after so long, in the background of a call; above 0, at most 1 day. A server that stops
    /// answering has it looked up at once, at most once a second. Default 30 seconds.
    /// </summary>
    public TimeSpan DnsRefreshInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest message to send, in bytes, 1 or more; null for any. Default null.</summary>
    public int? MaxSendMessageBytes { get; set; }

    /// <summary>Largest message to receive, in bytes, 1 or more; null for any. Default 16 MiB.</summary>
    public int? MaxReceiveMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>When to try again, and when to leave a server alone.</summary>
    public LaserResilienceOptions Resilience { get; init; } = new();

    /// <summary>
    /// Takes the place of the retries that <see cref="Resilience"/> describes; its back-off and retry properties then
    /// have no meaning. What it executes is one attempt on one server, up to the first message of a stream, and fails
    /// with an RpcException. The default, null, is the pipeline of the client.
    /// </summary>
    public ResiliencePipeline? Pipeline { get; set; }

    /// <summary>Where the client logs; null, the default, for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Makes the meter <c>Laser.Client</c>; null, the default, makes one without a factory.</summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>The clock of timeouts, waits and measurements; for tests. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
