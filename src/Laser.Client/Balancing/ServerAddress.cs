using System.Net;

namespace Laser.Client.Balancing;

/// <summary>Where one server is.</summary>
/// <param name="Uri">Scheme, name and port; the name is what a certificate is checked against.</param>
/// <param name="Ip">The address to connect to, or null to leave that to the system.</param>
internal sealed record ServerAddress(Uri Uri, IPAddress? Ip = null)
{
    public string Host => Ip?.ToString() ?? Uri.Host;

    public override string ToString() => Ip is null ? Uri.Authority : new IPEndPoint(Ip, Uri.Port).ToString();
}
