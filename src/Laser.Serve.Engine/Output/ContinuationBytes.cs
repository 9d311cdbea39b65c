using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Output;

/// <summary>
/// The UTF-8 bytes that generated tokens add to the text of the prompt. A tokenizer that drops the leading space of a text drops it from the
/// first generated token only where the prompt has no text of its own: elsewhere that space parts two words.
/// </summary>
internal sealed class ContinuationBytes
{
    private readonly ITokenizer _tokenizer;
    private bool _stripsSpace;

    public ContinuationBytes(ITokenizer tokenizer, IReadOnlyList<int> promptTokenIds)
    {
        _tokenizer = tokenizer;
        _stripsSpace = tokenizer.StripsLeadingSpace && !HasText(promptTokenIds);
    }

    /// <summary>Bytes of the next token.</summary>
    public ReadOnlySpan<byte> Next(int tokenId)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.TokenBytes(tokenId);
        if (_stripsSpace && bytes.Length > 0)
        {
            _stripsSpace = false;
            return bytes[0] == (byte)' ' ? bytes[1..] : bytes;
        }

        return bytes;
    }

    private bool HasText(IReadOnlyList<int> tokenIds)
    {
        foreach (int id in tokenIds)
        {
            if (_tokenizer.TokenBytes(id).Length > 0)
            {
                return true;
            }
        }

        return false;
    }
}
