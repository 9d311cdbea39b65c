using System.CommandLine;

namespace Laser.Cli.Commands;

/// <summary>Files that results are written to.</summary>
internal static class ResultFile
{
    /// <summary>An option that takes one. A missing folder is reported at once, not when the work is done.</summary>
    public static Option<FileInfo?> Option(string name, string description)
    {
        var option = new Option<FileInfo?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<FileInfo?>() is { Directory.Exists: false } file)
            {
                result.AddError($"{name}: there is no folder {file.DirectoryName}.");
            }
        });
        return option;
    }

    /// <summary>Writes one, where it is asked for.</summary>
    /// <param name="file">The file, or null.</param>
    /// <param name="content">Makes what is in it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static Task WriteAsync(FileInfo? file, Func<string> content) =>
        file is null ? Task.CompletedTask : File.WriteAllTextAsync(file.FullName, content());
}
