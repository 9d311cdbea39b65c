using System.Buffers.Binary;
using System.Text.Json;

namespace Laser.Serve.Cpu.Packed;

/// <summary>
/// The file of packed weights: <c>panels of each matrix, from a page on | contents in JSON | u64 length of the
/// contents | "LSPACKED"</c>, little-endian. Panels lie as they are multiplied, which no instruction set changes. A file
/// is written under another name and then renamed, so that it is complete where it is there.
/// </summary>
internal static class PackedFile
{
    /// <summary>Raised when panels or groups change.</summary>
    public const string Layout = "1: panels of 64, groups of 64";

    /// <summary>Where matrices begin: a multiple of the size of a page on every processor there is.</summary>
    public const long Alignment = 1 << 16;

    private const int FooterSize = sizeof(ulong) + 8;
    private const long LongestContents = 64 << 20;

    private static ReadOnlySpan<byte> Magic => "LSPACKED"u8;

    /// <summary>Contents and end of a file.</summary>
    public static void WriteEnd(Stream file, PackedContents contents)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(contents, PackedContentsJson.Default.PackedContents);
        Span<byte> footer = stackalloc byte[FooterSize];
        BinaryPrimitives.WriteInt64LittleEndian(footer, json.Length);
        Magic.CopyTo(footer[sizeof(ulong)..]);
        file.Write(json);
        file.Write(footer);
    }

    /// <summary>What is in a file.</summary>
    /// <exception cref="InvalidDataException">It is none, or cut short.</exception>
    public static PackedContents ReadContents(Stream file)
    {
        Span<byte> footer = stackalloc byte[FooterSize];
        if (file.Length < FooterSize)
        {
            throw Broken();
        }

        file.Position = file.Length - FooterSize;
        file.ReadExactly(footer);
        long length = BinaryPrimitives.ReadInt64LittleEndian(footer);
        if (!footer[sizeof(ulong)..].SequenceEqual(Magic)
            || length < 0 || length > Math.Min(LongestContents, file.Length - FooterSize))
        {
            throw Broken();
        }

        byte[] json = new byte[length];
        file.Position = file.Length - FooterSize - length;
        file.ReadExactly(json);
        try
        {
            return JsonSerializer.Deserialize(json, PackedContentsJson.Default.PackedContents) ?? throw Broken();
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("Its contents cannot be read.", exception);
        }
    }

    private static InvalidDataException Broken() => new("It is no whole file of packed weights.");
}
