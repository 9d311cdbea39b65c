using System.ComponentModel;
using System.Diagnostics;

namespace Laser.Grpc.Tests.Interop;

/// <summary>
/// A test that needs a client of another language. Where that is not installed the test is skipped with the reason;
/// where the environment says <c>CI=true</c> it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class ClientFactAttribute : FactAttribute
{
    private protected ClientFactAttribute(string program, string[] probe, string workingDirectory, string advice)
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !Succeeds(program, probe, workingDirectory))
        {
            Skip = advice;
        }
    }

    private static bool Succeeds(string program, string[] arguments, string workingDirectory)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = workingDirectory,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
