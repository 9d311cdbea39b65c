using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Laser.Client.Balancing;

/// <summary>What TLS options say, as .NET wants it. Files are read here, once.</summary>
internal static class TlsSettings
{
    /// <exception cref="CryptographicException">A file holds no certificate or key.</exception>
    public static SslClientAuthenticationOptions Create(LaserTlsOptions? options)
    {
        var settings = new SslClientAuthenticationOptions();
        if (options?.CaFile is { } caFile)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(caFile);
            if (policy.CustomTrustStore.Count == 0)
            {
                throw new CryptographicException($"'{caFile}' holds no certificate.");
            }

            settings.CertificateChainPolicy = policy;
        }

        if (options?.ClientCertificateFile is { } certificateFile)
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(certificateFile, options.ClientKeyFile);
            settings.ClientCertificateContext = Context(Usable(pem), chain);
        }
        else if (options?.ClientCertificate is { } certificate)
        {
            settings.ClientCertificateContext = Context(certificate, null);
        }

        return settings;
    }

    private static SslStreamCertificateContext Context(X509Certificate2 certificate, X509Certificate2Collection? chain) =>
        SslStreamCertificateContext.Create(certificate, chain, offline: true);

    // Windows takes no key that came straight out of a PEM file; through PKCS #12 it does.
    private static X509Certificate2 Usable(X509Certificate2 pem) =>
        X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
}
