using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Hosting;
using Laser.Serve.Telemetry;

namespace Laser.Serve.Metrics;

/// <summary>Puts instruments and their text into the server.</summary>
internal static class MetricsExtensions
{
    public static IServiceCollection AddMetricsText(this IServiceCollection services, ServerOptions options) => services
        .AddSingleton<EngineMetrics>()
        .AddSingleton<ServerMetrics>()
        .AddSingleton<CallMetrics>()
        .AddSingleton<DeviceMetrics>()
        .AddSingleton<StartupPhases>()
        .AddSingleton<ApiMethods>()
        .AddSingleton(provider => new PrometheusExporter(
            provider.GetRequiredService<IMeterFactory>(),
            options.Metrics,
            provider.GetRequiredService<TimeProvider>(),
            () => provider.GetRequiredService<ModelState>().Loaded is { IsCompletedSuccessfully: true } loaded
                ? loaded.Result.Name
                : null));

    /// <summary>Listens from here on, not from the first scrape on, and counts the calls of what comes after it.</summary>
    /// <exception cref="ArgumentException">Buckets are set for a histogram that there is not.</exception>
    public static void UseMetricsText(this WebApplication app)
    {
        PrometheusExporter exporter = app.Services.GetRequiredService<PrometheusExporter>();
        app.Services.GetRequiredService<EngineMetrics>();
        app.Services.GetRequiredService<ServerMetrics>();
        CallMetrics calls = app.Services.GetRequiredService<CallMetrics>();
        exporter.ThrowIfBucketsAreForNothing();
        app.Use(calls.RecordAsync);
    }
}
