using System.Net;
using System.Security.Cryptography;
using Grpc.Core;
using Laser.Client.Tests.Fakes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Laser.Client.Tests;

public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Call_AuthorityOfTheServerGiven_Succeeds()
    {
        await using FakeServer server = await StartAsync();
        using LaserClient client = Create(server.Address, new LaserTlsOptions { CaFile = _certificates.CaFile });

        Assert.Equal("fake", (await client.GetModelAsync()).Name);
    }

    [Fact]
    public async Task Call_AuthorityOfTheServerUnknown_IsUnavailable()
    {
        await using FakeServer server = await StartAsync();
        using LaserClient client = Create(server.Address, tls: null);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GetModelAsync());

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Empty(server.Calls);
    }

    [Fact]
    public async Task Call_OtherAuthority_IsUnavailable()
    {
        using var others = new TestCertificates();
        await using FakeServer server = await StartAsync();
        using LaserClient client = Create(server.Address, new LaserTlsOptions { CaFile = others.CaFile });

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GetModelAsync());

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    [Fact]
    public async Task Call_ClientCertificateGiven_IsShown()
    {
        string? shown = null;
        await using FakeServer server = await StartAsync(https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) =>
            {
                shown = certificate.Thumbprint;
                return true;
            };
        });
        using LaserClient client = Create(server.Address, new LaserTlsOptions
        {
            CaFile = _certificates.CaFile,
            ClientCertificateFile = _certificates.ClientFile,
            ClientKeyFile = _certificates.ClientKeyFile,
        });

        await client.GetModelAsync();

        Assert.Equal(_certificates.ClientThumbprint, shown);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("example.test", false)]
    public async Task Call_DnsName_IsCheckedAgainstTheCertificate(string name, bool succeeds)
    {
        await using FakeServer server = await StartAsync();
        using LaserClient client = TestClients.Create(
            [new Uri($"dns:///{name}:{server.Address.Port}")],
            configure: options =>
            {
                options.Tls = new LaserTlsOptions { CaFile = _certificates.CaFile };
                options.Resilience.MaxRetries = 0;
            },
            resolve: _ => [IPAddress.Loopback]);

        Exception? e = await Record.ExceptionAsync(() => client.GetModelAsync());

        Assert.Equal(succeeds, e is null);
        Assert.Equal(succeeds ? 1 : 0, server.Calls.Count);
    }

    [Fact]
    public void Client_FileWithoutACertificate_IsRefusedWhenItIsMade()
    {
        string path = _certificates.Write("empty.pem", "");
        string key = _certificates.Write("bad.key", "no key");

        CryptographicException e = Assert.Throws<CryptographicException>(
            () => Create(new Uri("https://localhost"), new LaserTlsOptions { CaFile = path }));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<CryptographicException>(() => Create(
            new Uri("https://localhost"),
            new LaserTlsOptions { ClientCertificateFile = _certificates.ClientFile, ClientKeyFile = key }));
    }

    private static LaserClient Create(Uri address, LaserTlsOptions? tls) => TestClients.Create(
        [address],
        configure: options =>
        {
            options.Tls = tls;
            options.Resilience.MaxRetries = 0;
        });

    private Task<FakeServer> StartAsync(Action<HttpsConnectionAdapterOptions>? configure = null) =>
        FakeServer.StartAsync(listen => listen.UseHttps(_certificates.Server, https => configure?.Invoke(https)));
}
