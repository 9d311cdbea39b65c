using Laser.Serve.Engine;
using Laser.Serve.Logging;
using Laser.Serve.Metrics;
using Laser.Serve.Security;
using Laser.Serve.Telemetry;

namespace Laser.Serve.Hosting;

/// <summary>
/// Everything that can be set, section <c>Laser</c> of the configuration (<c>Laser__Model__Path</c> in the
/// environment).
/// </summary>
public sealed class ServerOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Laser";

    /// <summary>What is served.</summary>
    public ModelOptions Model { get; set; } = new();

    /// <summary>Where gRPC is served (HTTP/2).</summary>
    public GrpcEndpointOptions Grpc { get; set; } = new() { Port = 50051 };

    /// <summary>Where health and metrics are served (HTTP/1.1).</summary>
    public EndpointOptions Http { get; set; } = new() { Port = 8080 };

    /// <summary>Where gRPC health is served to probes that know no TLS.</summary>
    public HealthPortOptions Health { get; set; } = new();

    /// <summary>TLS of gRPC and HTTP.</summary>
    public TlsOptions Tls { get; set; } = new();

    /// <summary>Keys that clients must show.</summary>
    public ApiKeyOptions ApiKeys { get; set; } = new();

    /// <summary>What one client may take.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>Limits of the engine.</summary>
    public EngineOptions Engine { get; set; } = new();

    /// <summary>What <c>/metrics</c> has.</summary>
    public MetricsOptions Metrics { get; set; } = new();

    /// <summary>Where traces go.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>How log lines look.</summary>
    public LogFormat LogFormat { get; set; }

    /// <summary>Seconds that running requests get to finish after SIGTERM or Ctrl-C. 0 to 3600.</summary>
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Whether prompts are logged; without it nothing of what clients send or get is.</summary>
    public bool LogPrompts { get; set; }

    /// <summary>Sequences that run at one time, on all devices together.</summary>
    internal int MaxRunningSequences => Engine.MaxRunningSequences * Model.DeviceCount;

    /// <summary>Requests that may wait, for all devices together.</summary>
    internal int MaxQueuedRequests => Engine.MaxQueuedRequests * Model.DeviceCount;

    /// <summary>Checks everything at once, before anything is started.</summary>
    /// <exception cref="ArgumentException">Names each setting that is wrong, and what it can be.</exception>
    public void ThrowIfWrong()
    {
        List<string> errors = [.. Engine.FindErrors().Select(error => $"{Section}:Engine:{error}")];
        Model.FindErrors($"{Section}:Model", errors);
        Grpc.FindErrors($"{Section}:Grpc", errors);
        Http.FindErrors($"{Section}:Http", errors);
        Health.FindErrors($"{Section}:Health", errors);
        Tls.FindErrors($"{Section}:Tls", errors);
        Limits.FindErrors($"{Section}:Limits", errors);
        Telemetry.FindErrors($"{Section}:Telemetry", errors);
        Metrics.FindErrors($"{Section}:Metrics", errors);
        SettingCheck.Range(errors, $"{Section}:{nameof(DrainSeconds)}", DrainSeconds, 0, 3600);
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', errors));
        }
    }
}
