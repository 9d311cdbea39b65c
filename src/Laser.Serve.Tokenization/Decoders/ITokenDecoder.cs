namespace Laser.Serve.Tokenization.Decoders;

/// <summary>What a token, as the vocabulary writes it, adds to a text.</summary>
internal interface ITokenDecoder
{
    /// <summary>Whether a token may add something else at the start of a text.</summary>
    bool DependsOnStart { get; }

    /// <summary>UTF-8 of a token, which may be a part of a character.</summary>
    byte[] Decode(string token, bool startsText);
}
