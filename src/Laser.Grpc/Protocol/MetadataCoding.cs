using System.Buffers;
using Grpc.Core;

namespace Laser.Grpc.Protocol;

/// <summary>Metadata entries as HTTP header values: text as it is, bytes as base64.</summary>
internal static class MetadataCoding
{
    private static readonly SearchValues<char> TextCharacters =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    /// <summary>Whether a text can be sent as a header value.</summary>
    public static bool IsSendable(string text) => !text.AsSpan().ContainsAnyExcept(TextCharacters);

    /// <summary>The header value of an entry. Base64 is sent without padding, as the protocol recommends.</summary>
    public static string Encode(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.RawBytes).TrimEnd('=') : entry.Value;

    /// <summary>Appends the entries of a received header; a binary one may hold several, joined by commas.</summary>
    /// <exception cref="RpcException">A binary value is not base64.</exception>
    public static void AddReceived(Metadata metadata, string name, string value)
    {
        string key = name.ToLowerInvariant();
        if (!Metadata.Entry.HasBinaryKey(key))
        {
            metadata.Add(Metadata.Entry.Received(key, value));
            return;
        }

        foreach (Range part in value.AsSpan().Split(','))
        {
            metadata.Add(Metadata.Entry.Received(key, DecodeBase64(key, value.AsSpan()[part].Trim())));
        }
    }

    private static byte[] DecodeBase64(string key, ReadOnlySpan<char> text)
    {
        int paddedLength = (text.Length + 3) & ~3;
        char[] padded = ArrayPool<char>.Shared.Rent(paddedLength);
        try
        {
            text.CopyTo(padded);
            padded.AsSpan(text.Length, paddedLength - text.Length).Fill('=');
            return Convert.FromBase64CharArray(padded, 0, paddedLength);
        }
        catch (FormatException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The value of metadata '{key}' is not base64."));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(padded);
        }
    }
}
