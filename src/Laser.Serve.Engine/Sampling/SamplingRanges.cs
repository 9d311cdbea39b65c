using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>The ranges of everything in a request that bears on the choice of tokens.</summary>
internal static class SamplingRanges
{
    /// <summary>What is out of range, as a sentence; null if nothing is.</summary>
    public static string? FindError(GenerationRequest request, int vocabularySize) =>
        FindNumber(request.Sampling)
        ?? FindCount(request)
        ?? FindId(request.Sampling, vocabularySize);

    // A NaN is in no range.
    private static string? FindNumber(SamplingParams sampling) => sampling switch
    {
        { Temperature: not (>= 0 and <= 100) } => Wrong(nameof(sampling.Temperature), sampling.Temperature),
        { TopK: < 0 } => Wrong(nameof(sampling.TopK), sampling.TopK),
        { TopP: not (> 0 and <= 1) } => Wrong(nameof(sampling.TopP), sampling.TopP),
        { MinP: not (>= 0 and <= 1) } => Wrong(nameof(sampling.MinP), sampling.MinP),
        { TypicalP: not (> 0 and <= 1) } => Wrong(nameof(sampling.TypicalP), sampling.TypicalP),
        { RepetitionPenalty: not (> 0 and <= 100) } =>
            Wrong(nameof(sampling.RepetitionPenalty), sampling.RepetitionPenalty),
        { PresencePenalty: not (>= -2 and <= 2) } => Wrong(nameof(sampling.PresencePenalty), sampling.PresencePenalty),
        { FrequencyPenalty: not (>= -2 and <= 2) } =>
            Wrong(nameof(sampling.FrequencyPenalty), sampling.FrequencyPenalty),
        _ => null,
    };

    private static string? FindCount(GenerationRequest request) => request switch
    {
        { TopLogprobs: < 0 or > Logprobs.MaxTop } => Wrong(nameof(request.TopLogprobs), request.TopLogprobs.Value),
        { PromptTopLogprobs: < 0 or > Logprobs.MaxTop } =>
            Wrong(nameof(request.PromptTopLogprobs), request.PromptTopLogprobs.Value),
        _ when request.MinTokens < 0 || request.MinTokens > request.MaxTokens =>
            Wrong(nameof(request.MinTokens), request.MinTokens),
        _ => null,
    };

    private static string? FindId(SamplingParams sampling, int vocabularySize)
    {
        foreach ((int id, float bias) in sampling.LogitBias)
        {
            if (!IsToken(id) || bias is not (>= -100 and <= 100))
            {
                return FormattableString.Invariant($"The bias {bias} of token {id} is out of range.");
            }
        }

        foreach (int id in sampling.AllowedTokenIds.Concat(sampling.BannedTokenIds))
        {
            if (!IsToken(id))
            {
                return $"Token {id} is not below {vocabularySize}.";
            }
        }

        return null;

        bool IsToken(int id) => id >= 0 && id < vocabularySize;
    }

    private static string Wrong(string name, double value) =>
        FormattableString.Invariant($"{name} {value} is out of range.");
}
