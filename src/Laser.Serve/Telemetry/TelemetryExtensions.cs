using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Hosting;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Laser.Serve.Telemetry;

/// <summary>Puts the export of traces into the server, where a collector is named.</summary>
internal static class TelemetryExtensions
{
    private const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder, TelemetryOptions options)
    {
        if (options.OtlpEndpoint is not null)
        {
            // The exporter reads its settings there, the protocol among them, on which the path depends.
            builder.Configuration[EndpointKey] = options.OtlpEndpoint;
        }

        if (string.IsNullOrEmpty(builder.Configuration[EndpointKey]))
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, builder.Configuration))
            .WithTracing(tracing =>
            {
                tracing.AddSource(LaserServeTelemetry.ActivitySourceName);
                if (options.StepSpans)
                {
                    tracing.AddSource(EngineTelemetry.ActivitySourceName);
                }

                tracing.AddOtlpExporter();
            });
    }

    // What the environment says of the service is read by the SDK, and stands.
    private static void Describe(ResourceBuilder resource, ConfigurationManager configuration)
    {
        if (string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"]))
        {
            resource.AddService("laser-serve", serviceVersion: ServerClock.Version);
        }
    }
}
