using Laser.Serve.Engine.Balancing;
using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>A server on free loopback ports with settings of its own, whose clock moves when told to.</summary>
public sealed class SecuredServer : IAsyncDisposable
{
    private static readonly string[] Small =
    [
        "--grpc-port", "0", "--http-port", "0", "--threads", "1", "--Laser:Engine:KvCacheMebibytes", "16",
    ];

    private SecuredServer(WebApplication app, TestClock clock, CapturedLog log)
    {
        App = app;
        Clock = clock;
        Log = log;
    }

    public WebApplication App { get; }

    public TestClock Clock { get; }

    public CapturedLog Log { get; }

    public Uri GrpcAddress => LaserServer.GrpcAddress(App);

    public Uri HttpAddress => LaserServer.HttpAddress(App);

    public Uri HealthAddress => LaserServer.HealthAddress(App);

    /// <summary>Makes a server that is not started.</summary>
    public static SecuredServer Build(params string[] args) => Build(_ => { }, args);

    /// <summary>The same with a last word on its services.</summary>
    public static SecuredServer Build(Action<IServiceCollection> configure, params string[] args)
    {
        var clock = new TestClock();
        var log = new CapturedLog();
        WebApplication app = LaserServer.Build([.. Small, .. args], builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log).AddFilter<CapturedLog>(null, LogLevel.Trace);
            builder.Services.AddSingleton<TimeProvider>(clock);
            configure(builder.Services);
        });
        return new SecuredServer(app, clock, log);
    }

    /// <summary>A server that answers; its model may still be loading.</summary>
    public static async Task<SecuredServer> StartAsync(params string[] args)
    {
        SecuredServer server = Build(args);
        await server.App.StartAsync();
        return server;
    }

    /// <summary>The engine, when the model is loaded.</summary>
    public async Task<EngineGroup> LoadedAsync() =>
        (await App.Services.GetRequiredService<ModelState>().Loaded).Engine;

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
