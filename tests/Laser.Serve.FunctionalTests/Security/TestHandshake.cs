using System.Net.Security;
using System.Net.Sockets;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>What a TLS handshake with a server ended with.</summary>
/// <param name="Subject">Subject of the server's certificate.</param>
/// <param name="Protocol">What is spoken after it.</param>
public sealed record TestHandshake(string? Subject, SslApplicationProtocol Protocol)
{
    public static async Task<TestHandshake> RunAsync(
        Uri address, TestAuthority trusted, params SslApplicationProtocol[] offered)
    {
        using var tcp = new TcpClient(address.Host, address.Port);
        using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = address.Host,
            ApplicationProtocols = [.. offered],
            CertificateChainPolicy = trusted.Policy(),
        });
        return new TestHandshake(tls.RemoteCertificate?.Subject, tls.NegotiatedApplicationProtocol);
    }
}
