using System.Runtime.InteropServices;

namespace Laser.Serve.Cuda.Interop;

/// <summary>The CUDA libraries of this process: each is searched until found, and then kept.</summary>
internal static class NativeLibraries
{
    // Never libcuda.so, which may be a stub without a driver behind it.
    public static readonly LibraryName Driver = new("cuda", "libcuda.so.1");
    public static readonly LibraryName Nvrtc = new("nvrtc", "libnvrtc.so.13", "libnvrtc.so.12");

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, nint> Handles = [];
    private static string? ToldPath;

    static NativeLibraries() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, (name, _, _) => Handle(name));

    /// <summary>Sets a path in the place of LASER_CUDA_PATH. Only before the first library is loaded.</summary>
    /// <exception cref="InvalidOperationException">A library was loaded from elsewhere already.</exception>
    public static void Override(string path)
    {
        lock (Gate)
        {
            if (Handles.Count > 0 && path != ToldPath)
            {
                throw new InvalidOperationException(
                    $"CUDA libraries were loaded from {ToldPath ?? "the environment"} already; {path} comes too late.");
            }

            ToldPath = path;
        }
    }

    /// <summary>Loads a library, the first time.</summary>
    /// <param name="library">Which one.</param>
    /// <param name="problem">Why it is not there, in one line.</param>
    public static bool TryLoad(LibraryName library, out string problem)
    {
        lock (Gate)
        {
            problem = "";
            if (Handles.ContainsKey(library.Name))
            {
                return true;
            }

            if (!LibraryFolders.Search(Variable).TryLoad(library, out nint handle, out problem))
            {
                return false;
            }

            Handles.Add(library.Name, handle);
            return true;
        }
    }

    /// <summary>Whether a file is one of the libraries by its name.</summary>
    public static bool IsOne(string path) => Driver.Matches(path) || Nvrtc.Matches(path);

    private static string? Variable(string name) =>
        name == LibraryFolders.Variable && ToldPath is not null ? ToldPath : Environment.GetEnvironmentVariable(name);

    // 0 makes the runtime search by itself, and report that there is no such library.
    private static nint Handle(string name)
    {
        lock (Gate)
        {
            return Handles.GetValueOrDefault(name);
        }
    }
}
