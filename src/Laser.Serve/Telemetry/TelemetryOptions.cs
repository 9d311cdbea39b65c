namespace Laser.Serve.Telemetry;

/// <summary>Where traces go.</summary>
public sealed class TelemetryOptions
{
    /// <summary>
    /// Collector that gets spans by OTLP; null takes <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> of the environment, and without that none does.
    /// </summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary>Whether every step of the engine is a span too, linked to the requests that it computed.</summary>
    public bool StepSpans { get; set; }

    internal void FindErrors(string name, List<string> errors)
    {
        if (OtlpEndpoint is not null
            && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"))
        {
            errors.Add($"{name}:{nameof(OtlpEndpoint)} is '{OtlpEndpoint}'; it must be a URL with http or https.");
        }
    }
}
