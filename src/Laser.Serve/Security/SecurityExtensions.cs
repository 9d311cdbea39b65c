using Laser.Serve.Hosting;

namespace Laser.Serve.Security;

/// <summary>Puts TLS, keys and the port for probes into the server.</summary>
internal static partial class SecurityExtensions
{
    /// <summary>Reads certificates and keys.</summary>
    /// <exception cref="ArgumentException">Names the setting whose file or key is of no use.</exception>
    public static void AddSecurity(this IServiceCollection services, ServerOptions options)
    {
        if (options.Tls.IsOn)
        {
            Add(services, options.Tls.Files, contents => ServerIdentity.Read(options.Tls.Files, contents));
        }

        if (options.ApiKeys.IsOn)
        {
            Add(services, options.ApiKeys.Files, contents => ApiKeyRing.Read(options.ApiKeys, contents));
        }

        services.AddSingleton<PromptLog>().AddSingleton<CurrentCaller>().AddHostedService<FileReload>();
    }

    /// <summary>Guards what comes after it. Ahead of routing: what is refused, no route sees.</summary>
    public static void UseSecurity(this WebApplication app)
    {
        ServerOptions options = app.Services.GetRequiredService<ServerOptions>();
        app.UseConnectionAge();
        app.UseHealthPort();
        if (options.ApiKeys.IsOn)
        {
            app.UseMiddleware<ApiKeyGate>(options.ApiKeys);
        }

        LogExposure(app.Logger, options);
    }

    private static void Add<T>(
        IServiceCollection services, SecretFile[] files, Func<IReadOnlyList<byte[]>, T> make)
        where T : class
    {
        var reloaded = new ReloadedFiles<T>(files, make);
        services.AddSingleton(reloaded).AddSingleton<IReloadedFiles>(reloaded);
    }

    private static void LogExposure(ILogger logger, ServerOptions options)
    {
        if (!options.Tls.IsOn && !options.ApiKeys.IsOn && !(options.Grpc.IsLoopback && options.Http.IsLoopback))
        {
            LogOpen(logger, options.Grpc.Address, options.Http.Address);
        }

        if (options.Tls.IsOn && options.Health.Port is null)
        {
            LogNoHealthPort(logger);
        }
    }

    [LoggerMessage(EventId = 15, Level = LogLevel.Warning, Message =
        "Anyone who can reach {Grpc} (gRPC) or {Http} (HTTP) can use this server and read what others send: "
        + "neither Laser:Tls:CertificatePath nor Laser:ApiKeys is set")]
    private static partial void LogOpen(ILogger logger, string grpc, string http);

    [LoggerMessage(EventId = 16, Level = LogLevel.Information, Message =
        "Laser:Health:Port is not set: health is served with TLS only, on the gRPC and the HTTP port")]
    private static partial void LogNoHealthPort(ILogger logger);
}
