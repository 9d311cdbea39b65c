using System.Diagnostics.Metrics;
using Laser.Serve.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Serve.Tests.Metrics;

/// <summary>A meter and what collects it.</summary>
internal sealed class TestMetrics : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public TestMetrics(MetricsOptions? options = null)
    {
        Exporter = new PrometheusExporter(Factory, options ?? new MetricsOptions(), TimeProvider.System, () => ModelName);
        Meter = Factory.Create("Laser.Tests");
    }

    public IMeterFactory Factory => _services.GetRequiredService<IMeterFactory>();

    public Meter Meter { get; }

    public PrometheusExporter Exporter { get; }

    public string? ModelName { get; set; } = "tales";

    public string Text => Exporter.Collect(MetricsFormat.Text);

    public string OpenMetrics => Exporter.Collect(MetricsFormat.OpenMetrics);

    public static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);

    public void Dispose()
    {
        Exporter.Dispose();
        _services.Dispose();
    }
}
