using System.Runtime.InteropServices;

namespace Laser.Serve.Cuda.Interop;

/// <summary>
/// Finds libraries: first where it was told, then where the loader looks, then in the usual folders. Never throws; what
/// was tried goes into the message.
/// </summary>
/// <param name="preferred">
/// Files and folders that win over all others. A single file serves for every library, unless it is one of them by name.
/// </param>
/// <param name="folders">Where to look after the loader.</param>
internal sealed class LibrarySearch(IReadOnlyList<string> preferred, IReadOnlyList<string> folders)
{
    /// <summary>Loads a library.</summary>
    /// <param name="library">Which one.</param>
    /// <param name="handle">Its handle; 0 where it was not found.</param>
    /// <param name="problem">Why it was not found, in one line.</param>
    public bool TryLoad(LibraryName library, out nint handle, out string problem)
    {
        List<string> failures = [];
        foreach (string path in Candidates(library))
        {
            if (TryLoadFile(path, out handle, failures))
            {
                problem = "";
                return true;
            }
        }

        handle = 0;
        string places = string.Join(", ", preferred.Append("the loader's path").Concat(folders));
        problem = $"{string.Join(" or ", library.FileNames)} was not found (looked in {places})";
        problem += failures.Count == 0 ? "" : $"; not usable: {string.Join("; ", failures)}";
        return false;
    }

    private IEnumerable<string> Candidates(LibraryName library)
    {
        IEnumerable<string> told = preferred.SelectMany(path => !File.Exists(path) ? In(path) : Serves(path) ? [path] : []);
        return [.. told, .. library.FileNames, .. folders.SelectMany(In)];

        bool Serves(string file) => library.Matches(file) || (preferred.Count == 1 && !NativeLibraries.IsOne(file));

        IEnumerable<string> In(string folder) =>
            library.FileNames.Select(name => Path.Combine(folder, name)).Where(File.Exists);
    }

    private static bool TryLoadFile(string path, out nint handle, List<string> failures)
    {
        if (!Path.IsPathRooted(path))
        {
            return NativeLibrary.TryLoad(path, out handle);
        }

        LoadBuiltins(path);
        try
        {
            handle = NativeLibrary.Load(path);
            return true;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            failures.Add(exception.Message.ReplaceLineEndings(" ").Trim());
            handle = 0;
            return false;
        }
    }

    // The compiler opens a second library by its bare name. The loader does not look beside the first one, but it finds
    // what is loaded already.
    private static void LoadBuiltins(string path)
    {
        if (!Path.GetFileName(path).StartsWith("libnvrtc.so", StringComparison.Ordinal))
        {
            return;
        }

        EnumerationOptions lenient = new() { IgnoreInaccessible = true };
        foreach (string builtins in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "libnvrtc-builtins.so.*", lenient))
        {
            _ = NativeLibrary.TryLoad(builtins, out _);
        }
    }
}
