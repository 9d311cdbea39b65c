using System.Diagnostics;

namespace Laser.Serve.Cuda.Emulation;

/// <summary>
/// A C++ program with kernels and a <c>main</c> that launches them by <c>emu::launch</c>, without a driver: the way to have a
/// sanitizer watch kernels, which a process of .NET cannot.
/// </summary>
public static class SanitizedProgram
{
    private static readonly string[] Flags = ["-O1", "-g1", "-w", "-ffp-contract=off", "-fno-strict-aliasing"];

    /// <summary>Compiles and runs it. Not 0 is the exit code of what went wrong; the output says what.</summary>
    /// <param name="source">What follows the emulation's headers.</param>
    /// <param name="sanitizer">Built into the program, but never into the engine.</param>
    public static (int ExitCode, string Output) Run(string source, Sanitizer sanitizer)
    {
        string folder = Directory.CreateTempSubdirectory("laser-emulation-").FullName;
        try
        {
            NativeSources.WriteTo(folder);
            File.WriteAllText(Path.Combine(folder, "program.cpp"), source);
            (string define, string flag) = sanitizer switch
            {
                Sanitizer.Address => ("-DEMU_ASAN", "-fsanitize=address"),
                Sanitizer.Thread => ("-DEMU_TSAN", "-fsanitize=thread"),
                _ => ("-DEMU_PLAIN", "-O1"),
            };
            string[] engine = ["-std=c++20", .. Flags, define, "-c", "engine.cpp", "-o", "engine.o"];
            string[] program =
                ["-std=c++17", .. Flags, flag, "-Ikernel", "-include", "emu.h", "program.cpp", "engine.o", "-o", "program"];
            foreach (string[] arguments in (string[][])[engine, program])
            {
                (int code, string errors) = Start("g++", folder, arguments);
                if (code != 0)
                {
                    return (code, errors);
                }
            }

            return Start(Path.Combine(folder, "program"), folder, []);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (int ExitCode, string Output) Start(string file, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TSAN_OPTIONS"] = "halt_on_error=1" },
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult() + errors);
    }
}
