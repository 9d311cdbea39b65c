namespace Laser.Serve.Tokenization.Decoders;

/// <summary>The bytes of all tokens, worked out once.</summary>
internal sealed class TokenByteTable
{
    private readonly byte[]?[] _bytes;
    private readonly byte[]?[] _startBytes;

    /// <param name="tokens">By id; null where there is none.</param>
    /// <param name="decoder">What a token adds to a text.</param>
    public TokenByteTable(IReadOnlyList<string?> tokens, ITokenDecoder decoder)
    {
        _bytes = Decode(tokens, decoder, startsText: false);
        _startBytes = decoder.DependsOnStart ? Decode(tokens, decoder, startsText: true) : _bytes;
    }

    public int Count => _bytes.Length;

    /// <summary>Bytes of a token; none for an id without one.</summary>
    public ReadOnlySpan<byte> Get(int id, bool startsText)
    {
        byte[]?[] table = startsText ? _startBytes : _bytes;
        return (uint)id < (uint)table.Length ? table[id] : [];
    }

    private static byte[]?[] Decode(IReadOnlyList<string?> tokens, ITokenDecoder decoder, bool startsText)
    {
        byte[]?[] table = new byte[tokens.Count][];
        for (int id = 0; id < table.Length; id++)
        {
            table[id] = tokens[id] is string token ? decoder.Decode(token, startsText) : null;
        }

        return table;
    }
}
