using Laser.Serve.Compatibility;
using Laser.Serve.Logging;
using Laser.Serve.Metrics;
using Laser.Serve.Model.Loading;
using Laser.Serve.OpenAi;
using Laser.Serve.Page;
using Laser.Serve.Security;
using Laser.Serve.Services;
using Laser.Serve.Telemetry;

namespace Laser.Serve.Hosting;

/// <summary>Puts the server together: configuration, sockets, services, endpoints.</summary>
public static partial class LaserServer
{
    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--model"] = $"{ServerOptions.Section}:Model:Path",
        ["--name"] = $"{ServerOptions.Section}:Model:Name",
        ["--device"] = $"{ServerOptions.Section}:Model:Device",
        ["--weights"] = $"{ServerOptions.Section}:Model:Weights",
        ["--threads"] = $"{ServerOptions.Section}:Model:Threads",
        ["--grpc-port"] = $"{ServerOptions.Section}:Grpc:Port",
        ["--http-port"] = $"{ServerOptions.Section}:Http:Port",
        ["--metrics-compat"] = $"{ServerOptions.Section}:Metrics:Compat",
    };

    // A setting of ours without its section would be one of nobody's, and silently have no effect.
    private static readonly string[] SettingPrefixes = [$"--{ServerOptions.Section}:", "--Logging:"];

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
        builder.AddConsoleLog(options);
        builder.AddTelemetry(options.Telemetry);
        builder.WebHost.ConfigureKestrel(kestrel => Listening.Configure(kestrel, options));
        builder.Host.ConfigureHostOptions(host =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds + 5));
        builder.Services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<ModelState>()
            .AddSingleton<BackendSource>(BackendFactory.Create)
            .AddSingleton<ModelLoader>()
            .AddSingleton<EngineGuard>()
            .AddSingleton<ServerClock>()
            .AddMetricsText(options)
            .AddSingleton<IProgress<LoadProgress>, LoadLog>()
            .AddHostedService<EngineHostedService>()
            .AddHostedService<StallWatchdog>();
        builder.Services.AddNative();
        builder.Services.AddCompatibility();
        builder.Services.AddSecurity(options);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = options.Limits.MaxMessageBytes);
        configure?.Invoke(builder);

        WebApplication app = builder.Build();
        app.UseMetricsText();
        app.UseSecurity();
        app.UseRouting(); // here and not ahead of everything, where it would be by itself
        app.UseGrpcMessageLimit();
        app.MapNative();
        app.MapCompatibility();
        app.MapOperations();
        app.MapOpenAi();
        app.MapPage();
        app.Lifetime.ApplicationStarted.Register(() => LogListening(app, options));
        return app;
    }

    /// <summary>Where a started server serves gRPC.</summary>
    public static Uri GrpcAddress(WebApplication server) => Listening.GrpcAddress(server.Services);

    /// <summary>Where a started server serves health and metrics.</summary>
    public static Uri HttpAddress(WebApplication server) => Listening.HttpAddress(server.Services);

    /// <summary>Where a started server serves gRPC health without TLS, if <c>Laser:Health:Port</c> is set.</summary>
    public static Uri HealthAddress(WebApplication server) => Listening.HealthAddress(server.Services);

    // The configuration system ignores what it does not know; a mistyped option must not be ignored.
    private static void ThrowIfUnknown(string[] args)
    {
        foreach (string arg in args.Where(a => a.StartsWith('-')))
        {
            string name = arg.Split('=')[0];
            if (!Switches.ContainsKey(name)
                && !SettingPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                throw new ArgumentException(
                    $"Unknown option {name}. There are {string.Join(", ", Switches.Keys)}, "
                    + $"and --{ServerOptions.Section}:Section:Key for the rest.");
            }
        }
    }

    private static void LogListening(WebApplication app, ServerOptions options)
    {
        string security = options.Tls switch
        {
            { ClientCaPath: not null } => "TLS with client certificates",
            { IsOn: true } => "TLS",
            _ => "without TLS",
        };
        LogListening(app.Logger, GrpcAddress(app), security, HttpAddress(app));
        if (options.Health.Port is not null)
        {
            LogHealthPort(app.Logger, HealthAddress(app));
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
        "gRPC on {Grpc} (HTTP/2 {Security}); page, /v1, /healthz, /readyz and /metrics on {Http}")]
    private static partial void LogListening(ILogger logger, Uri grpc, string security, Uri http);

    [LoggerMessage(EventId = 17, Level = LogLevel.Information, Message =
        "gRPC health, and nothing else, on {Health} (HTTP/2 without TLS)")]
    private static partial void LogHealthPort(ILogger logger, Uri health);
}
