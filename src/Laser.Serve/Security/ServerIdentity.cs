using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Laser.Serve.Security;

/// <summary>The server's certificate, and whom it takes client certificates from: what a handshake needs.</summary>
/// <remarks>
/// Never disposed: a handshake may still be using it when the next one comes into use, and there are a few a year.
/// </remarks>
internal sealed class ServerIdentity
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;
    private readonly SslStreamCertificateContext _context;
    private readonly X509Certificate2Collection? _clientAuthorities;

    private ServerIdentity(
        X509Certificate2 certificate,
        X509Certificate2Collection intermediates,
        X509Certificate2Collection? clientAuthorities)
    {
        _certificate = certificate;
        _clientAuthorities = clientAuthorities;

        // Offline: what is sent is what is in the file; nothing is fetched from addresses that a certificate names.
        _context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    /// <param name="files">Certificate, key, and the clients' authorities if they must show certificates.</param>
    /// <param name="contents">What is in them.</param>
    /// <exception cref="ArgumentException">Names the setting whose file is of no use.</exception>
    public static ServerIdentity Read(IReadOnlyList<SecretFile> files, IReadOnlyList<byte[]> contents)
    {
        X509Certificate2Collection chain = Pem.Certificates(files[0], contents[0]);
        X509Certificate2 certificate = Pem.WithKey(files[0], contents[0], files[1], contents[1]);
        X509Certificate2Collection? authorities = files.Count > 2 ? Pem.Certificates(files[2], contents[2]) : null;
        chain.RemoveAt(0);
        try
        {
            return new ServerIdentity(certificate, chain, authorities);
        }
        catch (Exception e) when (e is CryptographicException or AuthenticationException)
        {
            throw files[0].Wrong($"cannot be served ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>Options of one handshake.</summary>
    /// <param name="protocol">What is spoken after it; a client that offers only others is refused.</param>
    public SslServerAuthenticationOptions Authenticate(SslApplicationProtocol protocol) => new()
    {
        ServerCertificateContext = _context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [protocol],
        ClientCertificateRequired = _clientAuthorities is not null,
        CertificateChainPolicy = _clientAuthorities is null ? null : ClientPolicy(_clientAuthorities),
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"certificate {_certificate.Subject}, valid until {_certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC"
        + $"{(_clientAuthorities is null ? "" : $", clients of {_clientAuthorities.Count} authorities")}");

    // Revocation is not looked up: an authority of one's own rarely publishes any, and lives by short validity.
    private static X509ChainPolicy ClientPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(ClientAuthentication) },
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
