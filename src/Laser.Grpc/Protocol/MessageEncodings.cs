using System.IO.Compression;
using Grpc.Net.Compression;

namespace Laser.Grpc.Protocol;

/// <summary>The compressions that one side knows, by their names in <c>grpc-encoding</c>.</summary>
internal sealed class MessageEncodings
{
    private const string Identity = "identity";

    private readonly Dictionary<string, ICompressionProvider> _providers = new(StringComparer.Ordinal);

    /// <summary>Takes providers; of two with one name the first counts.</summary>
    public MessageEncodings(IEnumerable<ICompressionProvider> providers)
    {
        foreach (ICompressionProvider provider in providers)
        {
            _providers.TryAdd(provider.EncodingName, provider);
        }

        Accepted = string.Join(',', [Identity, .. _providers.Keys]);
    }

    /// <summary>What is known unless somebody says otherwise; fast, because the messages of a call wait for it.</summary>
    public static IReadOnlyList<ICompressionProvider> Default { get; } =
    [
        new GzipCompressionProvider(CompressionLevel.Fastest),
        new DeflateCompressionProvider(CompressionLevel.Fastest),
    ];

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string Accepted { get; }

    /// <summary>Whether an encoding means that nothing is compressed.</summary>
    public static bool IsIdentity(string? encoding) => encoding is null or "" or Identity;

    /// <summary>Whether the other side, by its <c>grpc-accept-encoding</c>, understands an encoding.</summary>
    public static bool Accepts(string? acceptEncoding, string encoding)
    {
        foreach (Range part in acceptEncoding.AsSpan().Split(','))
        {
            if (acceptEncoding.AsSpan()[part].Trim().SequenceEqual(encoding))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The provider with a name, or null.</summary>
    public ICompressionProvider? Find(string? encoding) =>
        encoding is null ? null : _providers.GetValueOrDefault(encoding);
}
