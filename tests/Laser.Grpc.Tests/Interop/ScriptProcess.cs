using System.Diagnostics;

namespace Laser.Grpc.Tests.Interop;

/// <summary>Runs a client of another language.</summary>
internal static class ScriptProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Starts a program; its output is read by the caller.</summary>
    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>Runs a program to its end and returns the lines of its output.</summary>
    public static async Task<string[]> RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        using var limit = new CancellationTokenSource(Limit);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {output} {await errors}");
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
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
