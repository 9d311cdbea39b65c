using Laser.Serve.Engine.Requests;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Output;

/// <summary>
/// The UTF-8 bytes that generated tokens add to the text of the prompt. Special tokens add none, unless the request
/// wants them. A tokenizer that drops the leading space of a text drops it only where the prompt has no text of its
/// own: elsewhere that space parts two words.
/// </summary>
internal sealed class ContinuationBytes
{
    private readonly ITokenizer _tokenizer;
    private readonly bool _skipsSpecial;
    private bool _startsText;

    public ContinuationBytes(ITokenizer tokenizer, GenerationRequest request)
    {
        _tokenizer = tokenizer;
        _skipsSpecial = request.SkipSpecialTokens;
        _startsText = !request.PromptTokenIds.Any(HasText);
    }

    /// <summary>Bytes of the next token.</summary>
    public ReadOnlySpan<byte> Next(int tokenId)
    {
        if (!HasText(tokenId))
        {
            return [];
        }

        ReadOnlySpan<byte> bytes = _tokenizer.TokenBytes(tokenId, _startsText);
        _startsText = false;
        return bytes;
    }

    private bool HasText(int tokenId) =>
        !(_skipsSpecial && _tokenizer.IsSpecial(tokenId)) && !_tokenizer.TokenBytes(tokenId).IsEmpty;
}
