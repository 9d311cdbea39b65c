using System.Net;

namespace Laser.Client.Balancing;

/// <summary>Looks up all addresses of a name.</summary>
internal delegate Task<IPAddress[]> AddressResolver(string host, CancellationToken cancellationToken);
