using System.Diagnostics;

namespace Laser.Serve.FunctionalTests.Interop;

/// <summary>A client of another language, with the .proto files of this repository, against the server.</summary>
public class InteropTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int ScenarioCount = 6;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [NodeFact]
    public async Task GrpcJs_AllScenarios_Pass()
    {
        using var limit = new CancellationTokenSource(Limit);
        using Process process = Process.Start(new ProcessStartInfo(
            "node",
            [
                Path.Combine(Repository.NodeScripts, "scenarios.mjs"),
                server.GrpcAddress.Authority,
                Repository.Protos,
                Repository.NodePackages,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);

            Assert.True(process.ExitCode == 0, $"node ended with {process.ExitCode}: {output} {await errors}");
            Assert.Equal(
                ScenarioCount, output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
