using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Laser.Serve.Security;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.Security;

public sealed class CertificateReloadTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestAuthority _authority = new("servers");

    [Fact]
    public async Task Files_Replaced_NewConnectionsGetTheNewCertificateAndOldOnesGoOn()
    {
        using X509Certificate2 next = _authority.Issue("two");
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));
        using var channel = new TestChannel(server.GrpcAddress, _authority);
        await channel.CallAsync();

        _folder.WriteTls(next);
        server.Clock.Advance(FileReload.Period);

        Assert.Equal("CN=two", await SubjectAsync(server.GrpcAddress));
        Assert.Equal("CN=two", await SubjectAsync(server.HttpAddress));
        Assert.Equal(StatusCode.OK, await channel.CallAsync());
        Assert.Equal(1, channel.Connections);
    }

    [Fact]
    public async Task Files_SwappedByASymbolicLink_AreSeen()
    {
        // As Kubernetes keeps a secret: tls.crt -> ..data/tls.crt, ..data -> ..1; an update points ..data elsewhere.
        WriteVersion("..1", _authority.Issue("one"));
        WriteVersion("..2", _authority.Issue("two"));
        Directory.CreateSymbolicLink(_folder["..data"], "..1");
        File.CreateSymbolicLink(_folder["tls.crt"], Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(_folder["tls.key"], Path.Combine("..data", "tls.key"));
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.TlsOptions());
        Assert.Equal("CN=one", await SubjectAsync(server.GrpcAddress));

        Directory.Delete(_folder["..data"]);
        Directory.CreateSymbolicLink(_folder["..data"], "..2");
        server.Clock.Advance(FileReload.Period);

        Assert.Equal("CN=two", await SubjectAsync(server.GrpcAddress));
    }

    [Fact]
    public async Task Files_Broken_KeepTheOldCertificateAndSayItOnce()
    {
        using X509Certificate2 next = _authority.Issue("two");
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));

        _folder.Write("tls.crt", next.ExportCertificatePem()); // the key is still the old one
        server.Clock.Advance(FileReload.Period);
        server.Clock.Advance(FileReload.Period);

        Assert.Equal("CN=one", await SubjectAsync(server.GrpcAddress));
        CapturedLog.Entry error = Assert.Single(server.Log.AtLeast(LogLevel.Error));
        Assert.Contains("Laser:Tls:KeyPath", error.Text);
        Assert.Contains("Still in use: certificate CN=one", error.Text);

        _folder.WriteTls(next); // the rest of the update
        server.Clock.Advance(FileReload.Period);

        Assert.Equal("CN=two", await SubjectAsync(server.GrpcAddress));
    }

    [Fact]
    public async Task Files_Gone_KeepTheOldCertificateUntilTheyAreBack()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));

        File.Delete(_folder["tls.key"]);
        server.Clock.Advance(FileReload.Period);
        server.Clock.Advance(FileReload.Period);

        Assert.Equal("CN=one", await SubjectAsync(server.GrpcAddress));
        Assert.Contains(_folder["tls.key"], Assert.Single(server.Log.AtLeast(LogLevel.Error)).Text);

        _folder.WriteTls(_authority.Issue("two"));
        server.Clock.Advance(FileReload.Period);

        Assert.Equal("CN=two", await SubjectAsync(server.GrpcAddress));
    }

    [Fact]
    public async Task ClientCa_Replaced_TakesTheNewAuthoritysClients()
    {
        using var before = new TestAuthority("before");
        using var after = new TestAuthority("after");
        using X509Certificate2 late = after.Issue("late", TestAuthority.ClientUsage);
        string[] tls = _folder.WriteTls(_authority.Issue("one"));
        string authorities = _folder.Write("ca.crt", before.Pem);
        await using SecuredServer server =
            await SecuredServer.StartAsync([.. tls, "--Laser:Tls:ClientCaPath", authorities]);
        using var early = new TestChannel(server.GrpcAddress, _authority, late);
        Assert.True(await early.IsRefusedAsync());

        _folder.Write("ca.crt", before.Pem + "\n" + after.Pem);
        server.Clock.Advance(FileReload.Period);

        using var channel = new TestChannel(server.GrpcAddress, _authority, late);
        Assert.Equal(StatusCode.OK, await channel.CallAsync());
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private async Task<string?> SubjectAsync(Uri address) =>
        (await TestHandshake.RunAsync(
            address, _authority, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11)).Subject;

    private void WriteVersion(string version, X509Certificate2 certificate)
    {
        Directory.CreateDirectory(_folder[version]);
        _folder.Write(Path.Combine(version, "tls.crt"), certificate.ExportCertificatePem());
        _folder.Write(Path.Combine(version, "tls.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }
}
