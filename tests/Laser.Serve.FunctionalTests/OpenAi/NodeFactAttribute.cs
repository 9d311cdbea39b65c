using System.ComponentModel;
using System.Diagnostics;

namespace Laser.Serve.FunctionalTests.OpenAi;

/// <summary>
/// A test that runs a script of <c>Interop/openai</c>. Where what the script needs is not installed the test is skipped
/// with the reason; where the environment says <c>CI=true</c> it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    /// <param name="package">The package that the script imports.</param>
    /// <param name="program">A program that the script starts; null if it starts none.</param>
    public NodeFactAttribute(string package, string? program = null)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            return;
        }

        if (!HasPackage(package))
        {
            Skip = $"Node.js with {package} is not there; "
                + "run 'npm ci' in tests/Laser.Serve.FunctionalTests/Interop/openai.";
        }
        else if (program is not null && !File.Exists(program))
        {
            Skip = $"{program} is not there; install Debian's {Path.GetFileName(program)}.";
        }
    }

    private static bool HasPackage(string package)
    {
        try
        {
            string[] arguments = ["--input-type=module", "--eval", $"import '{package}';"];
            using Process process = Process.Start(new ProcessStartInfo("node", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = NodeScript.Folder,
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
