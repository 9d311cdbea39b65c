using System.Net;
using System.Net.Security;
using Laser.Serve.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Laser.Serve.Hosting;

/// <summary>The sockets: gRPC, HTTP and, if wanted, gRPC health without TLS.</summary>
internal static class Listening
{
    /// <summary>Sets limits and sockets.</summary>
    public static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        Limit(kestrel.Limits, options.Limits);

        // In the order of the indices below.
        kestrel.Listen(IPAddress.Parse(options.Grpc.Address), options.Grpc.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseConnectionAge(options.Grpc);
            UseTls(listen, SslApplicationProtocol.Http2);
        });
        kestrel.Listen(IPAddress.Parse(options.Http.Address), options.Http.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.MarkAsOperationsPort();
            UseTls(listen, SslApplicationProtocol.Http11);
        });
        if (options.Health.Port is int healthPort)
        {
            kestrel.Listen(IPAddress.Parse(options.Health.Address ?? options.Grpc.Address), healthPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.MarkAsHealthPort();
            });
        }
    }

    public static Uri GrpcAddress(IServiceProvider services) => Address(services, 0);

    public static Uri HttpAddress(IServiceProvider services) => Address(services, 1);

    public static Uri HealthAddress(IServiceProvider services) => Address(services, 2);

    // The ports are known only once the server listens if they were 0.
    private static Uri Address(IServiceProvider services, int index) =>
        new(services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>()
            .Addresses.ElementAt(index));

    private static void Limit(KestrelServerLimits kestrel, LimitOptions options)
    {
        kestrel.MaxRequestBodySize = options.MaxMessageBytes;
        kestrel.MaxConcurrentConnections = options.MaxConnections == 0 ? null : options.MaxConnections;
        kestrel.MaxRequestHeadersTotalSize = options.MaxMetadataBytes;
        kestrel.Http2.MaxRequestHeaderFieldSize = options.MaxMetadataBytes;
        kestrel.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;
        kestrel.Http2.KeepAlivePingDelay = options.KeepAlivePingDelaySeconds == 0
            ? TimeSpan.MaxValue
            : TimeSpan.FromSeconds(options.KeepAlivePingDelaySeconds);
        kestrel.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(options.KeepAlivePingTimeoutSeconds);
    }

    // The options are asked for at every handshake: a certificate that was renewed serves the next connection.
    private static void UseTls(ListenOptions listen, SslApplicationProtocol protocol)
    {
        if (listen.ApplicationServices.GetService<ReloadedFiles<ServerIdentity>>() is { } identity)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(identity.Current.Authenticate(protocol)),
            });
        }
    }
}
