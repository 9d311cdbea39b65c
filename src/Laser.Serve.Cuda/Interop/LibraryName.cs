namespace Laser.Serve.Cuda.Interop;

/// <summary>A native library: the name that signatures use, and the files it may be.</summary>
/// <param name="Name">Name in the signatures.</param>
/// <param name="FileNames">File names, the preferred one first.</param>
internal sealed record LibraryName(string Name, params string[] FileNames)
{
    /// <summary>Whether a file is this library, in whatever version.</summary>
    public bool Matches(string path)
    {
        string stem = FileNames[0].Split(".so")[0] + ".so";
        return Path.GetFileName(path).StartsWith(stem, StringComparison.Ordinal);
    }
}
