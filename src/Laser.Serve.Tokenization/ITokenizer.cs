namespace Laser.Serve.Tokenization;

/// <summary>Text to token ids and back, as the checkpoint's <c>tokenizer.json</c> says. Thread-safe.</summary>
public interface ITokenizer
{
    /// <summary>One more than the largest token id.</summary>
    int VocabularySize { get; }

    /// <summary>Token ids of <paramref name="text"/>.</summary>
    /// <param name="text">Any text; special tokens written out in it become those tokens.</param>
    /// <param name="addSpecialTokens">Whether the post-processor may add tokens (such as a begin-of-sequence token).</param>
    IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true);

    /// <summary>Text of <paramref name="ids"/>, special tokens left out if <paramref name="skipSpecialTokens"/>.</summary>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true);

    /// <summary>
    /// UTF-8 bytes that a token adds to a text, before anything that depends on its place (see <see cref="StripsLeadingSpace"/>). Empty for
    /// special tokens and ids without a token. May be a part of a character.
    /// </summary>
    ReadOnlySpan<byte> TokenBytes(int id);

    /// <summary>Whether a leading space of the first token of a text is dropped when it is decoded (SentencePiece-style tokenizers).</summary>
    bool StripsLeadingSpace { get; }

    /// <summary>Whether a token is special (not part of the text).</summary>
    bool IsSpecial(int id);

    /// <summary>The id of a token written exactly so, special or not.</summary>
    bool TryGetId(string token, out int id);
}
