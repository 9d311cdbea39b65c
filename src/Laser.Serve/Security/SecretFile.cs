namespace Laser.Serve.Security;

/// <summary>A file with something secret or trusted in it.</summary>
/// <param name="Setting">The setting that names it.</param>
/// <param name="Path">Where it is.</param>
internal sealed record SecretFile(string Setting, string Path)
{
    /// <summary>The file a setting names, or null where it names none.</summary>
    public static SecretFile? Of(string setting, string? path) => path is null ? null : new SecretFile(setting, path);

    /// <exception cref="ArgumentException">It cannot be read; names the setting.</exception>
    public byte[] Read()
    {
        try
        {
            return File.ReadAllBytes(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ArgumentException($"{Setting}: {e.Message}", e);
        }
    }

    /// <summary>Says what is wrong with the content; must not tell the content.</summary>
    /// <param name="problem">Reads on from the file's name and has no full stop.</param>
    /// <param name="cause">What found it.</param>
    public ArgumentException Wrong(string problem, Exception? cause = null) =>
        new($"{Setting}: '{Path}' {problem}.", cause);
}
