using System.ComponentModel;
using System.Diagnostics;

namespace Laser.Grpc.Tests.Interop;

/// <summary>
/// A client of another language. Where it is not installed its tests are skipped with the reason; where the environment says
/// <c>CI=true</c> they run and fail.
/// </summary>
/// <param name="Program">What runs it.</param>
/// <param name="Probe">Arguments with which it ends well only where everything is there.</param>
/// <param name="Directory">Where that is tried.</param>
/// <param name="Advice">What to do where it is not.</param>
internal sealed record ClientProgram(string Program, string[] Probe, string Directory, string Advice)
{
    private bool? _isThere;

    public static ClientProgram Node { get; } = new(
        "node",
        ["--input-type=module", "--eval", "import '@grpc/grpc-js'; import '@grpc/proto-loader';"],
        TestFiles.InteropDirectory("node"),
        "Node.js with @grpc/grpc-js is not there; run 'npm ci' in tests/Laser.Grpc.Tests/Interop/node.");

    public static ClientProgram Python { get; } = new(
        TestFiles.Python,
        ["-c", "import grpc, google.protobuf"],
        TestFiles.InteropDirectory("python"),
        "Python with grpcio and protobuf is not there; install Debian's python3-grpcio and python3-protobuf.");

    /// <summary>Why tests with it are skipped, or null where they run.</summary>
    public string? SkipReason =>
        Environment.GetEnvironmentVariable("CI") == "true" || (_isThere ??= Succeeds()) ? null : Advice;

    private bool Succeeds()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(Program, Probe)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Directory,
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
