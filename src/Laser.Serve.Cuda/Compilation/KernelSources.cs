using System.Reflection;
using System.Text.RegularExpressions;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>Texts of device code by file name.</summary>
/// <param name="files">Sources and headers.</param>
internal sealed partial class KernelSources(IReadOnlyDictionary<string, string> files)
{
    /// <summary>The files of this project, which are resources of its assembly.</summary>
    public static KernelSources Embedded { get; } = new(ReadResources(typeof(KernelSources).Assembly));

    /// <summary>Names of all sources and headers.</summary>
    public IEnumerable<string> Names => files.Keys;

    /// <summary>The same files, one of them with another text.</summary>
    internal KernelSources With(string file, string text) => new(new Dictionary<string, string>(files) { [file] = text });

    /// <summary>Text of a file.</summary>
    internal string Text(string file) => files[file];

    /// <summary>A source with the headers it includes and the options to compile it with.</summary>
    /// <param name="source">File name.</param>
    /// <param name="architecture">What to compile for, such as "sm_90": machine code, not code for a driver to compile.</param>
    /// <param name="defines">Preprocessor definitions, such as "D=128".</param>
    /// <exception cref="ArgumentException">There is no such source.</exception>
    public KernelProgram Program(string source, string architecture, ReadOnlySpan<string> defines)
    {
        if (!files.TryGetValue(source, out string? text))
        {
            throw new ArgumentException($"There is no device code named {source}.", nameof(source));
        }

        string[] options = [$"--gpu-architecture={architecture}", "--std=c++17"];
        foreach (string define in defines)
        {
            options = [.. options, $"-D{define}"];
        }

        List<string> headers = [];
        Collect(text, headers);
        return new KernelProgram(source, text, [.. headers], [.. headers.Select(name => files[name])], options);
    }

    // What is not ours is left to the compiler, which knows whether the line is in force.
    private void Collect(string text, List<string> headers)
    {
        foreach (Match include in Include().Matches(text))
        {
            string name = include.Groups[1].Value;
            if (files.TryGetValue(name, out string? header) && !headers.Contains(name))
            {
                headers.Add(name);
                Collect(header, headers);
            }
        }
    }

    private static Dictionary<string, string> ReadResources(Assembly assembly)
    {
        Dictionary<string, string> files = [];
        foreach (string name in assembly.GetManifestResourceNames())
        {
            if (Path.GetExtension(name) is ".cu" or ".cuh")
            {
                using StreamReader reader = new(assembly.GetManifestResourceStream(name)!);
                files.Add(name, reader.ReadToEnd());
            }
        }

        return files;
    }

    [GeneratedRegex(@"^[ \t]*#[ \t]*include[ \t]*""([^""]+)""", RegexOptions.Multiline)]
    private static partial Regex Include();
}
