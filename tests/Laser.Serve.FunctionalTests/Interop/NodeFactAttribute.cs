using System.ComponentModel;
using System.Diagnostics;

namespace Laser.Serve.FunctionalTests.Interop;

/// <summary>
/// A test that needs Node.js with @grpc/grpc-js, which is installed once for all interop tests. Where it is not there
/// the test is skipped with the reason; where the environment says <c>CI=true</c> it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !HasPackages())
        {
            Skip = "Node.js with @grpc/grpc-js is not there; run 'npm ci' in tests/Laser.Grpc.Tests/Interop/node.";
        }
    }

    private static bool HasPackages()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(
                "node", ["--input-type=module", "--eval", "import '@grpc/grpc-js'; import '@grpc/proto-loader';"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Repository.NodePackages,
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
