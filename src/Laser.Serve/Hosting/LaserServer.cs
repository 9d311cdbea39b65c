using System.Net;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Metrics;
using Laser.Serve.Model.Loading;
using Laser.Serve.OpenAi;
using Laser.Serve.Page;
using Laser.Serve.Services;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Laser.Serve.Hosting;

/// <summary>Puts the server together: configuration, sockets, services, endpoints.</summary>
public static partial class LaserServer
{
    // One client connection may carry many streams at once (load testers open one connection for all).
    private const int MaxStreamsPerConnection = 1024;

    // A client whose machine vanished closes nothing; its requests would run to their end.
    private static readonly TimeSpan KeepAlivePingDelay = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--model"] = $"{ServerOptions.Section}:Model:Path",
        ["--name"] = $"{ServerOptions.Section}:Model:Name",
        ["--device"] = $"{ServerOptions.Section}:Model:Device",
        ["--threads"] = $"{ServerOptions.Section}:Model:Threads",
        ["--grpc-port"] = $"{ServerOptions.Section}:Grpc:Port",
        ["--http-port"] = $"{ServerOptions.Section}:Http:Port",
    };

    /// <summary>
    /// Makes a server that is not started yet. It listens at once when started and loads its model meanwhile.
    /// </summary>
    /// <param name="args">Command line: <c>--model DIR</c> and the like, or <c>--Laser:Section:Key value</c>.</param>
    /// <param name="configure">Last word on logging and services (tests, the in-process demo).</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The program's own folder, not the caller's: appsettings.json and the bundled model lie there.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ThrowIfUnknown(args);
        builder.Configuration.AddCommandLine(args, Switches);
        ServerOptions options = new();
        builder.Configuration.GetSection(ServerOptions.Section)
            .Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        options.ThrowIfWrong();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Host.ConfigureHostOptions(host =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds + 5));
        builder.Services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<ModelState>()
            .AddSingleton<ModelLoader>()
            .AddSingleton<Generator>()
            .AddSingleton<EngineMetrics>()
            .AddSingleton<PrometheusExporter>()
            .AddSingleton<IProgress<LoadProgress>, LoadLog>()
            .AddHostedService<EngineHostedService>();
        builder.Services.AddGrpc();
        configure?.Invoke(builder);

        WebApplication app = builder.Build();
        app.Services.GetRequiredService<PrometheusExporter>(); // listens from here on, not from the first scrape on
        app.MapGrpcService<GenerationService>();
        app.MapGrpcService<ModelService>();
        app.MapOperations();
        app.MapOpenAi();
        app.MapPage();
        app.Lifetime.ApplicationStarted.Register(() => LogListening(app.Logger, GrpcAddress(app), HttpAddress(app)));
        return app;
    }

    /// <summary>Where a started server serves gRPC.</summary>
    public static Uri GrpcAddress(WebApplication server) => Address(server, 0);

    /// <summary>Where a started server serves health and metrics.</summary>
    public static Uri HttpAddress(WebApplication server) => Address(server, 1);

    // The configuration system ignores what it does not know; a mistyped option must not be ignored.
    private static void ThrowIfUnknown(string[] args)
    {
        foreach (string arg in args.Where(a => a.StartsWith('-')))
        {
            string name = arg.Split('=')[0];
            if (!Switches.ContainsKey(name) && !name.Contains(':', StringComparison.Ordinal))
            {
                throw new ArgumentException(
                    $"Unknown option {name}. There are {string.Join(", ", Switches.Keys)}, "
                    + $"and --{ServerOptions.Section}:Section:Key for the rest.");
            }
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
        "gRPC on {Grpc} (HTTP/2 without TLS); page, /v1, /healthz, /readyz and /metrics on {Http}")]
    private static partial void LogListening(ILogger logger, Uri grpc, Uri http);

    // In the order of the Listen calls below; the ports are known only now if they were 0.
    private static Uri Address(WebApplication server, int index) =>
        new(server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>()
            .Addresses.ElementAt(index));

    private static void Listen(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = KeepAlivePingDelay;
        kestrel.Listen(IPAddress.Parse(options.Grpc.Address), options.Grpc.Port, l => l.Protocols = HttpProtocols.Http2);
        kestrel.Listen(IPAddress.Parse(options.Http.Address), options.Http.Port, l =>
        {
            l.Protocols = HttpProtocols.Http1;
            l.MarkAsOperationsPort();
        });
    }
}
