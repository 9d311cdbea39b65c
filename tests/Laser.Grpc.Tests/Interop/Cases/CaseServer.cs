using System.Net;
using Grpc.Net.Client;
using Laser.Grpc.Tests.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Interop.Cases;

/// <summary>The service of the interoperability cases on a port of its own, and what other clients made of it.</summary>
public sealed class CaseServer : IAsyncLifetime
{
    private readonly WebApplication _application;
    private readonly Lazy<Task<Dictionary<string, string>>> _node;
    private readonly Lazy<Task<Dictionary<string, string>>> _python;

    public CaseServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var compression = new CompressionProbe();
        builder.Services.AddSingleton(compression);
        builder.Services.AddGrpc(options =>
        {
            options.CompressionProviders.Clear();
            options.CompressionProviders.Add(compression);
        });
        _application = builder.Build();
        _application.MapGrpcService<TestService>();
        _node = new(RunNodeAsync);
        _python = new(RunPythonAsync);
    }

    internal Uri Address => new(_application.Urls.Single());

    /// <summary>The line of output about each case, by its name.</summary>
    internal Task<Dictionary<string, string>> Node => _node.Value;

    internal Task<Dictionary<string, string>> Python => _python.Value;

    internal GrpcChannel Connect() => GrpcChannel.ForAddress(Address);

    public Task InitializeAsync() => _application.StartAsync();

    public async Task DisposeAsync() => await _application.DisposeAsync();

    private static Dictionary<string, string> ByName(string[] lines) =>
        lines.ToDictionary(line => line.Split(' ', 2)[1].Split(':')[0]);

    private async Task<Dictionary<string, string>> RunNodeAsync() => ByName(await ScriptProcess.RunAsync(
        "node",
        Path.Combine(TestFiles.InteropDirectory("node"), "cases.mjs"),
        Address.Authority,
        TestFiles.Proto("interop.proto")));

    private async Task<Dictionary<string, string>> RunPythonAsync()
    {
        string descriptor = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(descriptor, InteropReflection.Descriptor.SerializedData.ToByteArray());
            return ByName(await ScriptProcess.RunAsync(
                TestFiles.Python,
                Path.Combine(TestFiles.InteropDirectory("python"), "cases.py"),
                Address.Authority,
                descriptor));
        }
        finally
        {
            File.Delete(descriptor);
        }
    }
}
