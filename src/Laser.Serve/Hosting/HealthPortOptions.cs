using System.Net;

namespace Laser.Serve.Hosting;

/// <summary>A port for probes that speak neither TLS nor keys: gRPC without TLS, and only the health service on it.</summary>
public sealed class HealthPortOptions
{
    /// <summary>IP address; null takes that of gRPC.</summary>
    public string? Address { get; set; }

    /// <summary>Port; 0 takes a free one; null opens none.</summary>
    public int? Port { get; set; }

    internal void FindErrors(string name, List<string> errors)
    {
        if (Address is not null)
        {
            SettingCheck.Address(errors, $"{name}:{nameof(Address)}", Address);
        }

        if (Port is int port)
        {
            SettingCheck.Range(errors, $"{name}:{nameof(Port)}", port, IPEndPoint.MinPort, IPEndPoint.MaxPort);
        }
    }
}
