using Laser.Serve.Hosting;

namespace Laser.Serve.Security;

/// <summary>TLS of the gRPC and the HTTP port, 1.2 or newer. The files are read again when they change.</summary>
public sealed class TlsOptions
{
    /// <summary>
    /// PEM file of the server's certificate, intermediate ones after it; null serves without TLS.
    /// </summary>
    public string? CertificatePath { get; set; }

    /// <summary>PEM file of its private key, not encrypted.</summary>
    public string? KeyPath { get; set; }

    /// <summary>
    /// PEM file of the authorities that client certificates must come from; with it, clients must show one. No other
    /// authority counts, the system's neither.
    /// </summary>
    public string? ClientCaPath { get; set; }

    /// <summary>Whether gRPC and HTTP are served with TLS.</summary>
    internal bool IsOn => CertificatePath is not null;

    /// <summary>The files that are set, in the order of <see cref="ServerIdentity.Read"/>.</summary>
    internal SecretFile[] Files
    {
        get
        {
            SecretFile?[] files =
            [
                SecretFile.Of(Setting(nameof(CertificatePath)), CertificatePath),
                SecretFile.Of(Setting(nameof(KeyPath)), KeyPath),
                SecretFile.Of(Setting(nameof(ClientCaPath)), ClientCaPath),
            ];
            return [.. files.OfType<SecretFile>()];
        }
    }

    internal void FindErrors(string name, List<string> errors)
    {
        if ((CertificatePath is null) != (KeyPath is null))
        {
            (string missing, string present) = KeyPath is null
                ? (nameof(KeyPath), nameof(CertificatePath))
                : (nameof(CertificatePath), nameof(KeyPath));
            errors.Add($"{name}:{missing} is missing; {name}:{present} needs it.");
        }

        if (ClientCaPath is not null && CertificatePath is null)
        {
            errors.Add($"{name}:{nameof(ClientCaPath)} needs {name}:{nameof(CertificatePath)}.");
        }
    }

    private static string Setting(string key) => $"{ServerOptions.Section}:Tls:{key}";
}
