using System.Net;

namespace Laser.Serve.Hosting;

/// <summary>A listening socket.</summary>
public class EndpointOptions
{
    /// <summary>IP address; <c>0.0.0.0</c> listens on all.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port; 0 takes a free one.</summary>
    public int Port { get; set; }

    internal bool IsLoopback => IPAddress.IsLoopback(IPAddress.Parse(Address));

    internal virtual void FindErrors(string name, List<string> errors)
    {
        SettingCheck.Address(errors, $"{name}:Address", Address);
        SettingCheck.Range(errors, $"{name}:Port", Port, IPEndPoint.MinPort, IPEndPoint.MaxPort);
    }
}
