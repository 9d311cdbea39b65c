using System.IO.Compression;
using Grpc.Net.Compression;

namespace Laser.Grpc.Tests.Interop.Cases;

/// <summary>gzip that counts, as no public member tells whether a message was compressed.</summary>
public sealed class CompressionProbe : ICompressionProvider
{
    private readonly GzipCompressionProvider _gzip = new(CompressionLevel.Fastest);
    private int _unpacked;

    public string EncodingName => _gzip.EncodingName;

    /// <summary>The number of messages that were unpacked since the last look.</summary>
    public int TakeUnpacked() => Interlocked.Exchange(ref _unpacked, 0);

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        _gzip.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream)
    {
        Interlocked.Increment(ref _unpacked);
        return _gzip.CreateDecompressionStream(stream);
    }
}
