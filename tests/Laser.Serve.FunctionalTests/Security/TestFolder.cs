using System.Security.Cryptography.X509Certificates;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>A folder for certificates and keys.</summary>
public sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("laser-security-");

    public string Path => _folder.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file and tells where it is.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Writes <c>tls.crt</c> and <c>tls.key</c> and gives the options that name them.</summary>
    public string[] WriteTls(X509Certificate2 certificate, params X509Certificate2[] intermediates)
    {
        IEnumerable<string> chain = intermediates.Prepend(certificate).Select(each => each.ExportCertificatePem());
        Write("tls.crt", string.Join('\n', chain));
        Write("tls.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return TlsOptions();
    }

    public string[] TlsOptions() =>
        ["--Laser:Tls:CertificatePath", this["tls.crt"], "--Laser:Tls:KeyPath", this["tls.key"]];

    public void Dispose() => _folder.Delete(recursive: true);
}
