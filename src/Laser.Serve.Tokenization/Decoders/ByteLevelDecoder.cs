namespace Laser.Serve.Tokenization.Decoders;

/// <summary>Tokens are written in <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelDecoder : ITokenDecoder
{
    public bool DependsOnStart => false;

    public byte[] Decode(string token, bool startsText)
    {
        return ByteAlphabet.ToBytes(token);
    }
}
