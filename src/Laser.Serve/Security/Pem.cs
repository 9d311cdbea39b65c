using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Laser.Serve.Security;

/// <summary>Certificates and keys from PEM files, with errors that name the setting.</summary>
internal static class Pem
{
    private const string KeyLabel = "PRIVATE KEY";
    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";

    /// <summary>All certificates of a file, at least one.</summary>
    public static X509Certificate2Collection Certificates(SecretFile file, byte[] content)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(content));
        }
        catch (CryptographicException e)
        {
            throw file.Wrong("holds a certificate that cannot be read", e);
        }

        return certificates.Count > 0 ? certificates : throw file.Wrong("holds no PEM certificate");
    }

    /// <summary>The first certificate of a file together with its private key.</summary>
    public static X509Certificate2 WithKey(
        SecretFile certificateFile, byte[] certificate, SecretFile keyFile, byte[] key)
    {
        string keyText = Encoding.UTF8.GetString(key);
        if (!Labels(keyText).Any(label => label.EndsWith(KeyLabel, StringComparison.Ordinal)))
        {
            throw keyFile.Wrong("holds no PEM private key");
        }

        if (Labels(keyText).Contains(EncryptedLabel))
        {
            throw keyFile.Wrong("holds an encrypted key; it must be without a password");
        }

        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), keyText);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw keyFile.Wrong($"does not hold the key of the certificate in {certificateFile.Setting}", e);
        }
    }

    private static List<string> Labels(string text)
    {
        List<string> labels = [];
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            labels.Add(rest[fields.Label].ToString());
            rest = rest[fields.Location.End..];
        }

        return labels;
    }
}
