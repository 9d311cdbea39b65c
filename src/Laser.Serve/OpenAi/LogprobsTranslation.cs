using Laser.Serve.Tokenization;
using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary>The log-probabilities of one text, token by token; remembers how long the text is so far.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="skipSpecialTokens">Whether special tokens are left out of the text.</param>
internal sealed class LogprobsTranslation(ITokenizer tokenizer, bool skipSpecialTokens)
{
    // JSON has no infinity; what the model thinks impossible is this, as elsewhere.
    private const float Least = -9999f;

    private int _length;
    private bool _startsText;

    /// <summary>The tokens of an echoed prompt.</summary>
    public void AddPrompt(PromptInfo prompt, CompletionLogprobs target)
    {
        _startsText = true;
        for (int i = 0; i < prompt.TokenIds.Count; i++)
        {
            if (i > 0 && i <= prompt.Logprobs.Count)
            {
                Add(prompt.Logprobs[i - 1], target);
                continue;
            }

            AddToken((int)prompt.TokenIds[i], target);
            target.TokenLogprobs.Add(null);
            target.TopLogprobs.Add(null);
        }
    }

    /// <summary>One token.</summary>
    public void Add(TokenLogprob token, CompletionLogprobs target)
    {
        bool startsText = _startsText;
        AddToken((int)token.TokenId, target);
        target.TokenLogprobs.Add(Finite(token.Logprob));

        // The token itself is always among them; two tokens with one text share its entry, the likelier one's.
        var top = new Dictionary<string, float>(token.Top.Count + 1);
        foreach (CandidateToken candidate in token.Top)
        {
            top.TryAdd(TokenText.Of(tokenizer, (int)candidate.TokenId, startsText), Finite(candidate.Logprob));
        }

        top.TryAdd(target.Tokens[^1], Finite(token.Logprob));
        target.TopLogprobs.Add(top);
    }

    private static float Finite(float logprob) => MathF.Max(logprob, Least);

    private void AddToken(int id, CompletionLogprobs target)
    {
        target.Tokens.Add(TokenText.Of(tokenizer, id, _startsText));
        bool isText = !(skipSpecialTokens && tokenizer.IsSpecial(id));
        ReadOnlySpan<byte> bytes = isText ? tokenizer.TokenBytes(id, _startsText) : [];

        // A token that goes on with a character lies where that character lies.
        bool continues = !bytes.IsEmpty && TokenText.Continues(bytes[0]);
        target.TextOffset.Add(continues ? Math.Max(0, _length - 1) : _length);
        _length += TokenText.CodePointCount(bytes);
        _startsText &= bytes.IsEmpty;
    }
}
