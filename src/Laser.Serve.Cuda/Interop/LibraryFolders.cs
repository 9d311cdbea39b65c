namespace Laser.Serve.Cuda.Interop;

/// <summary>The folders in which the CUDA libraries usually are.</summary>
internal static class LibraryFolders
{
    /// <summary>Variable that names files and folders, separated by colons, to be tried ahead of all others.</summary>
    public const string Variable = "LASER_CUDA_PATH";

    /// <summary>A search through what the environment names.</summary>
    /// <param name="variable">Value of an environment variable, null where it is not set.</param>
    public static LibrarySearch Search(Func<string, string?> variable)
    {
        List<string> folders = [];
        if (variable("CUDA_HOME") is { Length: > 0 } home)
        {
            folders.Add(Path.Combine(home, "lib64"));
        }

        folders.Add("/usr/local/cuda/lib64");
        folders.Add("/usr/local/nvidia/lib64");
        if (variable("VIRTUAL_ENV") is { Length: > 0 } environment)
        {
            folders.AddRange(Wheels(environment));
        }

        return new LibrarySearch(Paths(variable(Variable) ?? ""), folders);
    }

    /// <summary>The paths in the value of <see cref="Variable"/>, made absolute.</summary>
    public static string[] Paths(string value) =>
        [.. value.Split(':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Path.GetFullPath)];

    // NVIDIA's packages for Python: site-packages/nvidia/<package>/lib.
    private static IEnumerable<string> Wheels(string environment) =>
        Below(Path.Combine(environment, "lib"), "python3.*")
            .SelectMany(python => Below(Path.Combine(python, "site-packages", "nvidia"), "*"))
            .Select(package => Path.Combine(package, "lib"))
            .Where(Directory.Exists);

    private static IEnumerable<string> Below(string folder, string pattern) => Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder, pattern, new EnumerationOptions { IgnoreInaccessible = true }).Order()
        : [];
}
