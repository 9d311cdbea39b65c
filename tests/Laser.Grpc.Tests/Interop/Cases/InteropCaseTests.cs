using Grpc.Net.Client;

namespace Laser.Grpc.Tests.Interop.Cases;

/// <summary>The cases of grpc/grpc, doc/interop-test-descriptions.md, by three clients.</summary>
public sealed class InteropCaseTests(CaseServer server) : IClassFixture<CaseServer>
{
    public static TheoryData<string> Cases => [.. OwnClientCases.All.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task OwnClient_Case_Passes(string name)
    {
        using GrpcChannel channel = server.Connect();

        await OwnClientCases.All[name](channel);
    }

    [NodeTheory]
    [MemberData(nameof(Cases))]
    public async Task GrpcJs_Case_Passes(string name) => Assert.Equal($"ok {name}", Of(await server.Node, name));

    [PythonTheory]
    [MemberData(nameof(Cases))]
    public async Task Grpcio_Case_Passes(string name) => Assert.Equal($"ok {name}", Of(await server.Python, name));

    private static string Of(Dictionary<string, string> results, string name) =>
        results.GetValueOrDefault(name, "did not run");
}
