using System.Buffers;
using System.IO.Compression;
using Grpc.Net.Compression;

namespace Laser.Grpc.Protocol;

/// <summary>Packs and unpacks payloads.</summary>
/// <param name="Provider">The compression.</param>
/// <param name="Level">Its level, or null for the provider's own.</param>
internal sealed record MessageCompression(ICompressionProvider Provider, CompressionLevel? Level = null)
{
    private const int ChunkSize = 16 * 1024;

    public string Name => Provider.EncodingName;

    public MemoryStream Compress(ReadOnlySpan<byte> payload)
    {
        var output = new MemoryStream();
        using (Stream packer = Provider.CreateCompressionStream(output, Level))
        {
            packer.Write(payload);
        }

        return output;
    }

    /// <summary>Unpacks a payload.</summary>
    /// <param name="payload">The compressed bytes.</param>
    /// <param name="maxLength">The largest result to take, or null. It is checked while unpacking.</param>
    public ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload, int? maxLength)
    {
        using var packed = new MemoryStream(payload.ToArray(), writable: false);
        using Stream unpacked = Provider.CreateDecompressionStream(packed);
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
            throw ProtocolError.Broken($"a message is not valid {Name} data");
        }

        return new ReadOnlySequence<byte>(output.WrittenMemory);
    }
}
