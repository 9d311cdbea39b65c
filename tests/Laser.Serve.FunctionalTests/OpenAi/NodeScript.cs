using System.Diagnostics;

namespace Laser.Serve.FunctionalTests.OpenAi;

/// <summary>Runs a script of <c>Interop/openai</c>, which prints a line for each of its scenarios.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static string Folder { get; } =
        Path.Combine(FindRoot(), "tests", "Laser.Serve.FunctionalTests", "Interop", "openai");

    /// <summary>Runs a script; every scenario in it must say "ok", and there must be so many.</summary>
    public static async Task AssertPassesAsync(int scenarioCount, string script, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, script), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = new CancellationTokenSource(Limit);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}: {output} {await errors}");
            string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.All(lines, line => Assert.StartsWith("ok ", line, StringComparison.Ordinal));
            Assert.Equal(scenarioCount, lines.Distinct().Count());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Laser.Serve.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
