using System.Text;

namespace Laser.Serve.Tokenization;

/// <summary>
/// Text of a token sequence that is still growing. All pieces together are what <see cref="ITokenizer.Decode"/> gives
/// for the whole sequence, and no piece holds a part of a character. For one sequence, not thread-safe.
/// </summary>
public sealed class StreamingDetokenizer
{
    private readonly ITokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _buffer = new char[64];
    private bool _startsText = true;

    /// <summary>Starts an empty text.</summary>
    /// <param name="tokenizer">Knows the tokens.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out of the text.</param>
    public StreamingDetokenizer(ITokenizer tokenizer, bool skipSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Adds a token.</summary>
    /// <returns>The text that is complete now; empty while a character is not.</returns>
    public string Append(int id)
    {
        if (_skipSpecialTokens && _tokenizer.IsSpecial(id))
        {
            return "";
        }

        ReadOnlySpan<byte> bytes = _tokenizer.TokenBytes(id, _startsText);

        // A token may have only the bytes that a text's start drops: the text has begun all the same.
        _startsText = _startsText && bytes.IsEmpty && _tokenizer.TokenBytes(id).IsEmpty;
        return Convert(bytes, flush: false);
    }

    /// <summary>
    /// Ends the text: bytes of an unfinished character become U+FFFD. The next token starts a new text.
    /// </summary>
    public string Flush()
    {
        _startsText = true;
        return Convert([], flush: true);
    }

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        // The decoder holds at most three bytes back, which can add as many replacement characters.
        int most = bytes.Length + 3;
        if (_buffer.Length < most)
        {
            _buffer = new char[Math.Max(most, 2 * _buffer.Length)];
        }

        int count = _decoder.GetChars(bytes, _buffer, flush);
        return count == 0 ? "" : new string(_buffer, 0, count);
    }
}
