using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Laser.Client.Balancing;

/// <summary>A <c>dns:///host:port</c> address: a name that stands for all its addresses.</summary>
/// <param name="Host">Name to look up.</param>
/// <param name="Port">Port on every address.</param>
internal sealed record DnsName(string Host, int Port)
{
    public const string Scheme = "dns";

    public static DnsName Parse(Uri uri) => TryParse(uri, out DnsName? name)
        ? name
        : throw new FormatException($"'{uri}' is not dns:///host:port.");

    public static bool TryParse(Uri uri, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        string target = uri.AbsolutePath.TrimStart('/');
        int colon = target.LastIndexOf(':');
        if (uri.Authority.Length > 0 || colon < 1
            || Uri.CheckHostName(target[..colon]) == UriHostNameType.Unknown
            || !ushort.TryParse(target[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || port == 0)
        {
            return false;
        }

        name = new DnsName(target[..colon], port);
        return true;
    }
}
