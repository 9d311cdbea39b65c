namespace Laser.Serve.Metrics;

/// <summary>Another server, whose metric names are served beside our own.</summary>
public enum MetricsCompat
{
    /// <summary>None.</summary>
    None,

    /// <summary>vLLM: its dashboards, scaling rules and the inference gateway's endpoint picker find what they look for.</summary>
    Vllm,
}
