using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Calls;

/// <summary>What a handler learns of the client's certificate.</summary>
public sealed class AuthContextTests : IAsyncLifetime
{
    private readonly X509Certificate2 _server = CreateCertificate("CN=localhost");
    private readonly WebApplication _application;

    public AuthContextTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(_server, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            });
        }));
        builder.Services.AddSingleton<CallProbes>();
        builder.Services.AddGrpc(options => options.Interceptors.Add<IdentityTeller>());
        _application = builder.Build();
        _application.MapGrpcService<EchoService>();
    }

    [Fact]
    public async Task AuthContext_NamesInTheCertificate_AreThePeer()
    {
        Metadata told = await AskAsync(CreateCertificate("CN=common, O=organization", "one.example", "two.example"));

        Assert.Equal("x509_subject_alternative_name", told.GetValue("peer"));
        Assert.Equal(
            ["x509_subject_alternative_name=one.example", "x509_subject_alternative_name=two.example", "x509_common_name=common"],
            told.GetAll("property").Select(entry => entry.Value));
        Assert.Equal(["one.example", "two.example"], told.GetAll("identity").Select(entry => entry.Value));
    }

    [Fact]
    public async Task AuthContext_OnlyACommonName_IsThePeer()
    {
        Metadata told = await AskAsync(CreateCertificate("CN=common"));

        Assert.Equal("x509_common_name", told.GetValue("peer"));
        Assert.Equal("common", told.GetValue("identity"));
    }

    [Fact]
    public async Task AuthContext_NoCertificate_IsNobody()
    {
        Metadata told = await AskAsync(null);

        Assert.Equal("", told.GetValue("peer") ?? "");
        Assert.Empty(told.GetAll("property"));
    }

    public Task InitializeAsync() => _application.StartAsync();

    public async Task DisposeAsync() => await _application.DisposeAsync();

    private static X509Certificate2 CreateCertificate(string subject, params string[] dnsNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (dnsNames.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            Array.ForEach(dnsNames, names.AddDnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private async Task<Metadata> AskAsync(X509Certificate2? certificate)
    {
        var tls = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => _server.Equals(shown),
            ClientCertificates = certificate is null ? [] : [certificate],
        };
        using var channel = GrpcChannel.ForAddress(_application.Urls.Single(), new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { SslOptions = tls },
            DisposeHttpClient = true,
        });
        using var call = new Echo.EchoClient(channel).UnaryAsync(new EchoMessage());
        await call;
        return call.GetTrailers();
    }

    private sealed class IdentityTeller : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            AuthContext auth = context.AuthContext;
            Assert.Equal(auth.IsPeerAuthenticated, context.GetHttpContext().Connection.ClientCertificate is not null);
            context.ResponseTrailers.Add("peer", auth.PeerIdentityPropertyName ?? "");
            foreach (AuthProperty property in auth.Properties)
            {
                context.ResponseTrailers.Add("property", $"{property.Name}={property.Value}");
            }

            foreach (AuthProperty property in auth.PeerIdentity)
            {
                context.ResponseTrailers.Add("identity", property.Value);
            }

            return continuation(request, context);
        }
    }
}
