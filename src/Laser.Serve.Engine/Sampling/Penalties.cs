using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// The penalties of one sequence, as vLLM defines them: repetition for tokens of the prompt and of the generated text,
/// frequency and presence for those of the generated text alone.
/// </summary>
internal sealed class Penalties
{
    private readonly SamplingParams _sampling;
    private readonly TokenCounts _tokens;

    private Penalties(GenerationRequest request, int vocabularySize)
    {
        _sampling = request.Sampling;
        bool readsPrompt = _sampling.RepetitionPenalty != 1;
        long longest = (long)request.MaxTokens + (readsPrompt ? request.PromptTokenIds.Count : 0);
        _tokens = new TokenCounts((int)Math.Min(longest, vocabularySize));
        if (readsPrompt)
        {
            foreach (int id in request.PromptTokenIds)
            {
                _tokens.Add(id);
            }
        }
    }

    /// <summary>The penalties that a request wants; null if it wants none.</summary>
    public static Penalties? For(GenerationRequest request, int vocabularySize) =>
        request.Sampling is { RepetitionPenalty: 1, PresencePenalty: 0, FrequencyPenalty: 0 }
            ? null
            : new Penalties(request, vocabularySize);

    /// <summary>Notes a generated token.</summary>
    public void Count(int tokenId) => _tokens.Count(tokenId);

    /// <summary>Applies them. Negative infinity stays what it is, a finite logit stays finite.</summary>
    public void Apply(Span<float> logits)
    {
        ReadOnlySpan<int> ids = _tokens.Ids;
        ReadOnlySpan<int> counts = _tokens.Counts;
        for (int i = 0; i < ids.Length; i++)
        {
            ref float logit = ref logits[ids[i]];
            if (!float.IsNegativeInfinity(logit))
            {
                logit = float.Clamp(Penalize(logit, counts[i]), float.MinValue, float.MaxValue);
            }
        }
    }

    private float Penalize(float logit, int count)
    {
        float repetition = _sampling.RepetitionPenalty;
        float penalized = logit > 0 ? logit / repetition : logit * repetition;
        return count == 0 ? penalized : penalized - (_sampling.FrequencyPenalty * count) - _sampling.PresencePenalty;
    }
}
