using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace Laser.Serve.FunctionalTests.Security;

public sealed class TlsTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestAuthority _authority = new("servers");
    private readonly TestAuthority _clients = new("clients");

    [Fact]
    public async Task Tls_On_ServesGrpcAndHttp()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));
        using var channel = new TestChannel(server.GrpcAddress, _authority);
        using var http = new HttpClient(TestChannel.Handler(_authority));

        Assert.Equal(Uri.UriSchemeHttps, server.GrpcAddress.Scheme);
        Assert.Equal(StatusCode.OK, await channel.CallAsync());
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri(server.HttpAddress, "/healthz")));
    }

    [Fact]
    public async Task Tls_On_ChoosesTheProtocolOfThePort()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));
        SslApplicationProtocol[] both = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2];

        Assert.Equal(SslApplicationProtocol.Http2, await NegotiateAsync(server.GrpcAddress, both));
        Assert.Equal(SslApplicationProtocol.Http11, await NegotiateAsync(server.HttpAddress, both));
        await Assert.ThrowsAsync<AuthenticationException>(
            () => NegotiateAsync(server.GrpcAddress, SslApplicationProtocol.Http11));
    }

    [Fact]
    public async Task Tls_On_DoesNotAnswerWithoutIt()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));
        using var channel = new TestChannel(new UriBuilder(server.GrpcAddress) { Scheme = "http" }.Uri);

        Assert.True(await channel.IsRefusedAsync());
    }

    [Fact]
    public async Task Tls_IntermediateInTheFile_IsSentAlong()
    {
        using var intermediate = new TestAuthority("intermediate", _authority);
        await using SecuredServer server = await SecuredServer.StartAsync(
            _folder.WriteTls(intermediate.Issue("one"), intermediate.Certificate));
        using var channel = new TestChannel(server.GrpcAddress, _authority);

        Assert.Equal(StatusCode.OK, await channel.CallAsync());
    }

    [Fact]
    public async Task ClientCa_Set_TakesOnlyItsClientsOnBothPorts()
    {
        await using SecuredServer server = await StartWithClientCaAsync();
        using X509Certificate2 known = _clients.Issue("known", TestAuthority.ClientUsage);
        using X509Certificate2 foreign = _authority.Issue("foreign", TestAuthority.ClientUsage);
        using X509Certificate2 wrongUse = _clients.Issue("no client", TestAuthority.ServerUsage);

        Assert.False(await IsRefusedAsync(server, known));
        Assert.True(await IsRefusedAsync(server, null));
        Assert.True(await IsRefusedAsync(server, foreign));
        Assert.True(await IsRefusedAsync(server, wrongUse));
        using var http = new HttpClient(TestChannel.Handler(_authority, known));
        using var unknown = new HttpClient(TestChannel.Handler(_authority));
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri(server.HttpAddress, "/healthz")));
        await Assert.ThrowsAsync<HttpRequestException>(
            () => unknown.GetStringAsync(new Uri(server.HttpAddress, "/healthz")));
    }

    [Fact]
    public async Task ClientCa_SelfSignedClient_IsRefused()
    {
        await using SecuredServer server = await StartWithClientCaAsync();
        using var self = new TestAuthority("clients"); // the name is right, the key is not

        Assert.True(await IsRefusedAsync(server, self.Issue("known", TestAuthority.ClientUsage)));
    }

    public static TheoryData<string, string, string, string> BadFiles => new()
    {
        { "tls.crt", "", "Laser:Tls:CertificatePath", "holds no PEM certificate" },
        {
            "tls.crt",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "Laser:Tls:CertificatePath",
            "cannot be read"
        },
        { "tls.key", "no key", "Laser:Tls:KeyPath", "holds no PEM private key" },
        {
            "tls.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "Laser:Tls:KeyPath",
            "encrypted"
        },
        { "ca.crt", "", "Laser:Tls:ClientCaPath", "holds no PEM certificate" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Build_BadFile_IsRefusedInOneLineNamingTheSetting(
        string file, string content, string setting, string problem)
    {
        string[] options = Options();
        _folder.Write(file, content);

        AssertRefused(options, setting, problem);
    }

    [Theory]
    [InlineData("tls.crt", "Laser:Tls:CertificatePath")]
    [InlineData("tls.key", "Laser:Tls:KeyPath")]
    [InlineData("ca.crt", "Laser:Tls:ClientCaPath")]
    public void Build_MissingFile_IsRefusedNamingSettingAndFile(string file, string setting)
    {
        string[] options = Options();
        File.Delete(_folder[file]);

        AssertRefused(options, setting, _folder[file]);
    }

    [Fact]
    public void Build_KeyOfAnotherCertificate_IsRefused()
    {
        string[] options = Options();
        using X509Certificate2 other = _authority.Issue("other");
        _folder.Write("tls.key", other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

        AssertRefused(options, "Laser:Tls:KeyPath", "does not hold the key of the certificate");
    }

    [Theory]
    [InlineData("--Laser:Tls:CertificatePath=a.crt", "Laser:Tls:KeyPath is missing")]
    [InlineData("--Laser:Tls:KeyPath=a.key", "Laser:Tls:CertificatePath is missing")]
    [InlineData("--Laser:Tls:ClientCaPath=a.crt", "Laser:Tls:ClientCaPath needs Laser:Tls:CertificatePath")]
    public void Build_HalfOfTheSettings_IsRefused(string option, string problem) =>
        Assert.Contains(problem, Assert.Throws<ArgumentException>(() => SecuredServer.Build(option)).Message);

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
        _clients.Dispose();
    }

    private static void AssertRefused(string[] options, string setting, string problem)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => SecuredServer.Build(options));
        Assert.StartsWith(setting, e.Message);
        Assert.Contains(problem, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private async Task<SslApplicationProtocol> NegotiateAsync(Uri address, params SslApplicationProtocol[] offered) =>
        (await TestHandshake.RunAsync(address, _authority, offered)).Protocol;

    private string[] Options() =>
    [
        .. _folder.WriteTls(_authority.Issue("one")),
        "--Laser:Tls:ClientCaPath", _folder.Write("ca.crt", _clients.Pem),
    ];

    private Task<SecuredServer> StartWithClientCaAsync() => SecuredServer.StartAsync(Options());

    private async Task<bool> IsRefusedAsync(SecuredServer server, X509Certificate2? identity)
    {
        using var channel = new TestChannel(server.GrpcAddress, _authority, identity);
        return await channel.IsRefusedAsync();
    }
}
