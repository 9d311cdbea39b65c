using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Laser.Serve.Cuda.Emulation;

/// <summary>Builds the library with g++ into a folder beside the tests, named by the content, once for all processes.</summary>
internal static class EmulationBuild
{
    private const string Compiler = "g++";
    private const string LibraryName = "libcudaemulation.so";

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "emulation");
    private static readonly Lazy<string> Folder = new(FindOrBuild);

    private static string[] Flags =>
    [
        "-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-semantic-interposition", "-fno-strict-aliasing",
        .. Avx2.IsSupported && Fma.IsSupported ? ["-march=x86-64-v3"] : Array.Empty<string>(),
    ];

    /// <summary>The shared library, built if it is not there yet.</summary>
    public static string Library => Path.Combine(Folder.Value, LibraryName);

    /// <summary>Folder of what a kernel is compiled with.</summary>
    public static string KernelHeaders => Path.Combine(Folder.Value, "kernel");

    /// <summary>Folder of compiled kernels; their names tell their content, so all builds share it.</summary>
    public static string CompiledKernels => Path.Combine(Root, "kernels");

    /// <summary>Why there is no emulation here; null where there is.</summary>
    public static string? WhyImpossible()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return "The emulation of CUDA runs on Linux x64 only.";
        }

        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Any(folder => File.Exists(Path.Combine(folder, Compiler)))
            ? null
            : $"The emulation of CUDA needs {Compiler}.";
    }

    // Built aside and moved into place as a whole: another process sees all of it or nothing.
    private static string FindOrBuild()
    {
        string folder = Path.Combine(Root, NativeSources.Hash([.. Flags]));
        if (File.Exists(Path.Combine(folder, LibraryName)))
        {
            return folder;
        }

        string aside = $"{folder}-{Environment.ProcessId}-{Guid.NewGuid():N}";
        NativeSources.WriteTo(aside);
        Compile(aside);
        try
        {
            Directory.Move(aside, folder);
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, LibraryName)))
        {
            Directory.Delete(aside, recursive: true);
        }

        return folder;
    }

    private static void Compile(string folder)
    {
        var start = new ProcessStartInfo(Compiler, [.. Flags, "emulation.cpp", "-o", LibraryName])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Compiler} cannot build the emulation of CUDA:\n{errors}");
        }
    }
}
