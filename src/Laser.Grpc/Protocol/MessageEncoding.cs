using System.Buffers;
using System.IO.Compression;

namespace Laser.Grpc.Protocol;

/// <summary>The compressions that are understood in what arrives. Nothing is sent compressed.</summary>
internal static class MessageEncoding
{
    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public const string Accepted = "identity,gzip,deflate";

    private const string Identity = "identity";
    private const int ChunkSize = 16 * 1024;

    public static bool IsIdentity(string? encoding) => encoding is null or "" or Identity;

    public static bool IsSupported(string? encoding) => IsIdentity(encoding) || encoding is "gzip" or "deflate";

    /// <summary>Unpacks a payload.</summary>
    /// <param name="payload">The compressed bytes.</param>
    /// <param name="encoding">"gzip" or "deflate"; the latter means the zlib format, as in HTTP.</param>
    /// <param name="maxLength">The largest result to take, or null. It is checked while unpacking.</param>
    public static ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload, string? encoding, int? maxLength)
    {
        using var packed = new MemoryStream(payload.ToArray(), writable: false);
        using Stream unpacked = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(packed, CompressionMode.Decompress),
            _ => throw ProtocolError.Broken("a message is compressed, but grpc-encoding names no compression"),
        };

        var output = new ArrayBufferWriter<byte>(ChunkSize);
        try
        {
            while (unpacked.Read(output.GetSpan(ChunkSize)) is > 0 and int read)
            {
                output.Advance(read);
                if (output.WrittenCount > maxLength)
                {
                    throw ProtocolError.DecompressedTooLarge(maxLength.Value);
                }
            }
        }
        catch (InvalidDataException)
        {
            throw ProtocolError.Broken($"a message is not valid {encoding} data");
        }

        return new ReadOnlySequence<byte>(output.WrittenMemory);
    }
}
