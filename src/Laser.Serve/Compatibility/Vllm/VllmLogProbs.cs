using Laser.Serve.Protocol.Vllm;
using Laser.Serve.V1;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>Native log-probabilities, a message for each token, as vLLM's, a list for each kind of number.</summary>
internal static class VllmLogProbs
{
    public static void Append(OutputLogProbs target, IEnumerable<TokenLogprob> logprobs)
    {
        foreach (TokenLogprob logprob in logprobs)
        {
            target.TokenIds.Add(logprob.TokenId);
            target.TokenLogprobs.Add(logprob.Logprob);
            if (logprob.Top.Count > 0)
            {
                target.TopLogprobs.Add(Top(logprob));
            }
        }
    }

    /// <param name="prompt">With the token ids, and the log-probabilities of all of them but the first.</param>
    public static InputLogProbs Input(PromptInfo prompt)
    {
        var input = new InputLogProbs { TokenIds = { prompt.TokenIds } };
        input.TokenLogprobs.Add(new InputTokenLogProb());
        input.TopLogprobs.Add(new TopLogProbs());
        foreach (TokenLogprob logprob in prompt.Logprobs)
        {
            input.TokenLogprobs.Add(new InputTokenLogProb { Value = logprob.Logprob });
            input.TopLogprobs.Add(Top(logprob));
        }

        return input;
    }

    private static TopLogProbs Top(TokenLogprob logprob) => new()
    {
        TokenIds = { logprob.Top.Select(candidate => candidate.TokenId) },
        Values = { logprob.Top.Select(candidate => candidate.Logprob) },
    };
}
