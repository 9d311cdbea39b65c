using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Laser.Serve.Security;

namespace Laser.Serve.Tests.Security;

public class ServerIdentityTests
{
    private static readonly SecretFile[] Files =
        [new("Certificate", "tls.crt"), new("Key", "tls.key"), new("Ca", "ca.crt")];

    [Fact]
    public void Authenticate_AnyIdentity_TakesTls12AndNewerOnly()
    {
        using ECDsa key = ECDsa.Create();

        SslServerAuthenticationOptions options = Read(key, files: 2).Authenticate(SslApplicationProtocol.Http2);

        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, options.EnabledSslProtocols);
        Assert.Equal([SslApplicationProtocol.Http2], options.ApplicationProtocols!);
        Assert.False(options.ClientCertificateRequired);
    }

    [Fact]
    public void Authenticate_WithAuthorities_TrustsThemAndNothingElse()
    {
        using ECDsa key = ECDsa.Create();

        SslServerAuthenticationOptions options = Read(key, files: 3).Authenticate(SslApplicationProtocol.Http2);

        Assert.True(options.ClientCertificateRequired);
        Assert.Equal(X509ChainTrustMode.CustomRootTrust, options.CertificateChainPolicy!.TrustMode);
        Assert.Single(options.CertificateChainPolicy.CustomTrustStore);
        Assert.True(options.CertificateChainPolicy.DisableCertificateDownloads);
    }

    [Fact]
    public void Read_RsaAndOldEcKeyFormats_AreTaken()
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rsaRequest = new CertificateRequest("CN=rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var ecRequest = new CertificateRequest("CN=ec", ec, HashAlgorithmName.SHA256);

        Assert.StartsWith("certificate CN=rsa, valid until ", Read(rsaRequest, rsa.ExportRSAPrivateKeyPem()).ToString());
        Assert.StartsWith("certificate CN=ec, valid until ", Read(ecRequest, ec.ExportECPrivateKeyPem()).ToString());
    }

    private static ServerIdentity Read(CertificateRequest request, string key) => ServerIdentity.Read(
        Files[..2], [Encoding.UTF8.GetBytes(SelfSigned(request)), Encoding.UTF8.GetBytes(key)]);

    private static ServerIdentity Read(ECDsa key, int files)
    {
        byte[] certificate =
            Encoding.UTF8.GetBytes(SelfSigned(new CertificateRequest("CN=one", key, HashAlgorithmName.SHA256)));
        byte[] keyPem = Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem());
        return ServerIdentity.Read(Files[..files], [certificate, keyPem, certificate]);
    }

    private static string SelfSigned(CertificateRequest request)
    {
        using X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return certificate.ExportCertificatePem();
    }
}
