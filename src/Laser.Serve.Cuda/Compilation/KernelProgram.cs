using System.Security.Cryptography;
using System.Text;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>All that machine code depends on, but for the compiler itself.</summary>
/// <param name="Name">File name of the source.</param>
/// <param name="Text">Its text.</param>
/// <param name="HeaderNames">The headers that it includes, directly or not, as they are named there.</param>
/// <param name="HeaderTexts">Their texts.</param>
/// <param name="Options">Compiler options: architecture, language, defines.</param>
internal sealed record KernelProgram(
    string Name, string Text, string[] HeaderNames, string[] HeaderTexts, string[] Options)
{
    /// <summary>SHA-256 in hexadecimal over the program and the compiler's version.</summary>
    public string Key(string compiler)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, [compiler, Name, Text]);
        Append(hash, HeaderNames);
        Append(hash, HeaderTexts);
        Append(hash, Options);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Lengths go in, too: no two programs make the same row of bytes.
    private static void Append(IncrementalHash hash, string[] texts)
    {
        hash.AppendData(BitConverter.GetBytes(texts.Length));
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }
}
