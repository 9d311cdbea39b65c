namespace Laser.Serve.Tokenization;

/// <summary>Text to token ids and back, as the checkpoint's <c>tokenizer.json</c> says. Thread-safe.</summary>
public interface ITokenizer
{
    /// <summary>One more than the largest token id.</summary>
    int VocabularySize { get; }

    /// <summary>Token ids of <paramref name="text"/>.</summary>
    /// <param name="text">
    /// Any text; special tokens written out in it become those tokens. A surrogate without its partner is read as
    /// U+FFFD.
    /// </param>
    /// <param name="addSpecialTokens">
    /// Whether the post-processor may add tokens (such as a begin-of-sequence token).
    /// </param>
    IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true);

    /// <summary>
    /// Text of <paramref name="ids"/>, special tokens left out if <paramref name="skipSpecialTokens"/>. Ids without a
    /// token add nothing; bytes that are no UTF-8 become U+FFFD, one for each maximal ill-formed part.
    /// </summary>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true);

    /// <summary>
    /// UTF-8 bytes that a token adds to a text, special tokens included (see <see cref="IsSpecial"/>). May be a part
    /// of a character. Empty for ids without a token. A text is these bytes one after another.
    /// </summary>
    /// <param name="id">Any id.</param>
    /// <param name="startsText">
    /// Whether no token before this one has added bytes to the text. SentencePiece-style tokenizers drop a leading
    /// space there.
    /// </param>
    ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false);

    /// <summary>Whether a token is special (not part of the text).</summary>
    bool IsSpecial(int id);

    /// <summary>The id of a token written exactly so, special or not.</summary>
    bool TryGetId(string token, out int id);
}
