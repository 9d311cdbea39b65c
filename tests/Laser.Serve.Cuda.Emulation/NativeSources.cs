using System.Security.Cryptography;
using System.Text;

namespace Laser.Serve.Cuda.Emulation;

/// <summary>The C++ sources that are embedded in this assembly.</summary>
public static class NativeSources
{
    private const string Prefix = "native/";

    /// <summary>What clang has to include before a .cu file to compile it without CUDA's own headers.</summary>
    public static string ClangPrelude => Read("clang_prelude.h");

    /// <summary>
    /// Writes all files of the emulation, in their folders: <c>kernel/emu.h</c>, <c>engine.cpp</c> and what they include.
    /// </summary>
    public static void WriteTo(string folder)
    {
        foreach (string name in Names())
        {
            string file = Path.Combine(folder, name[Prefix.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, Read(name));
        }
    }

    /// <summary>A name for the content of all files and some words.</summary>
    internal static string Hash(ReadOnlySpan<string> words)
    {
        var all = new StringBuilder(string.Join('\n', words!));
        foreach (string name in Names())
        {
            all.Append('\n').Append(name).Append('\n').Append(Read(name));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..32];
    }

    private static IEnumerable<string> Names() => typeof(NativeSources).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private static string Read(string name)
    {
        using Stream stream = typeof(NativeSources).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
