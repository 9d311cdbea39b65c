using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>The address of a client in the notation of gRPC (grpc/grpc, doc/naming.md).</summary>
internal static class PeerName
{
    public static string Of(ConnectionInfo connection)
    {
        IPAddress? address = connection.RemoteIpAddress;
        if (address is null)
        {
            return "unknown";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? $"ipv4:{address}:{connection.RemotePort}"
            : $"ipv6:[{address}]:{connection.RemotePort}";
    }
}
