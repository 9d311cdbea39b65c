using System.Diagnostics;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Clang;

/// <summary>clang as a second compiler of device code, without CUDA's headers and libraries.</summary>
internal static class Clang
{
    private const int Oldest = 14;
    private const int Newest = 40;

    /// <summary>Its file name, the newest there is; null where there is none that knows enough.</summary>
    public static string? Command { get; } = Find();

    /// <summary>Compiles a program to PTX with all warnings as errors.</summary>
    public static (int ExitCode, string Output) Compile(KernelProgram program, params ReadOnlySpan<string> defines)
    {
        string folder = Directory.CreateTempSubdirectory("laser-clang-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "prelude.h"), NativeSources.ClangPrelude);
            File.WriteAllText(Path.Combine(folder, program.Name), program.Text);
            for (int i = 0; i < program.HeaderNames.Length; i++)
            {
                File.WriteAllText(Path.Combine(folder, program.HeaderNames[i]), program.HeaderTexts[i]);
            }

            string[] options =
            [
                "-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_80", "-nocudainc", "-nocudalib",
                "-Xclang", "-target-feature", "-Xclang", "+ptx75", "-include", "prelude.h",
                "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-S", program.Name, "-o", "program.ptx",
            ];
            string[] definitions = Array.ConvertAll(defines.ToArray(), define => $"-D{define}");
            return Run(Command!, folder, [.. definitions, .. options]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Find()
    {
        IEnumerable<string> names = [.. Enumerable.Range(Oldest, Newest - Oldest).Reverse().Select(i => $"clang-{i}"), "clang"];
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string? found = names.FirstOrDefault(name => Array.Exists(folders, folder => File.Exists(Path.Combine(folder, name))));
        return found == "clang" && !IsNewEnough(found) ? null : found;
    }

    private static bool IsNewEnough(string command)
    {
        (int code, string version) = Run(command, ".", ["-dumpversion"]);
        return code == 0 && int.TryParse(version.Split('.')[0], out int major) && major >= Oldest;
    }

    private static (int ExitCode, string Output) Run(string command, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult() + errors);
    }
}
