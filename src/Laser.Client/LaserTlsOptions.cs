using System.Security.Cryptography.X509Certificates;

namespace Laser.Client;

/// <summary>TLS of a <see cref="LaserClient"/>; read once, when the client is made.</summary>
public sealed class LaserTlsOptions
{
    /// <summary>
    /// PEM file of the authorities to trust instead of the system's. The default, null, trusts the system's.
    /// Revocation is then not checked, for such an authority seldom publishes it.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>PEM file of the certificate to show to the server, followed by its intermediate authorities.</summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>
    /// PEM file of the key of <see cref="ClientCertificateFile"/>, not encrypted. Null where both are in one file.
    /// </summary>
    public string? ClientKeyFile { get; set; }

    /// <summary>Certificate with its key to show to the server, in place of the files.</summary>
    public X509Certificate2? ClientCertificate { get; set; }
}
