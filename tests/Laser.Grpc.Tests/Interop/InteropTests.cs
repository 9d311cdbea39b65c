using System.Diagnostics;
using Laser.Grpc.Tests.Hosting;
using Laser.Grpc.Tests.V1;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Interop;

/// <summary>Clients of other languages against the server.</summary>
public sealed class InteropTests(EchoServer server) : IClassFixture<EchoServer>
{
    private const int NodeScenarioCount = 28;
    private const int PythonScenarioCount = 20;

    // The packages take joined binary values for one.
    private static readonly string[] KnownDifferences = TestedLayer.Choose<string[]>([], ["failed metadata_both_ways:"]);

    private static string NodeScript => Path.Combine(TestFiles.InteropDirectory("node"), "scenarios.mjs");

    [NodeFact]
    public async Task GrpcJs_AllScenarios_Pass()
    {
        string[] results = await ScriptProcess.RunAsync("node", NodeScript, server.Address.Authority, TestFiles.Proto("echo.proto"));

        AssertAllPassed(NodeScenarioCount, results);
    }

    [PythonFact]
    public async Task Grpcio_AllScenarios_Pass()
    {
        string descriptor = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(descriptor, EchoReflection.Descriptor.SerializedData.ToByteArray());

            string[] results = await ScriptProcess.RunAsync(
                TestFiles.Python,
                Path.Combine(TestFiles.InteropDirectory("python"), "scenarios.py"),
                server.Address.Authority,
                descriptor);

            AssertAllPassed(PythonScenarioCount, results);
        }
        finally
        {
            File.Delete(descriptor);
        }
    }

    [NodeFact]
    public async Task GrpcJs_Killed_EndsTheHandler()
    {
        using Process process = ScriptProcess.Start(
            "node", NodeScript, server.Address.Authority, TestFiles.Proto("echo.proto"), "hang", "node killed");
        await server.Probes["node killed"].Started.Task;

        process.Kill();

        Assert.IsAssignableFrom<OperationCanceledException>(await server.Probes["node killed"].Finished.Task);
    }

    private void AssertAllPassed(int count, string[] results)
    {
        Assert.All(
            results.Where(result => !KnownDifferences.Any(result.StartsWith)),
            result => Assert.StartsWith("ok ", result, StringComparison.Ordinal));
        Assert.Equal(count, results.Distinct().Count());
        Assert.DoesNotContain(
            TestedLayer.Choose(ours: server.Logs.AtLeast(LogLevel.Error), packages: []),
            text => !text.Contains("secret of the handler", StringComparison.Ordinal));
    }
}
