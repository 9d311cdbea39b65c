using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Everything a request gave.</summary>
internal sealed record Generation(IReadOnlyList<int> TokenIds, string Text, GenerationSummary Summary)
{
    public IReadOnlyList<TokenLogprob> Logprobs { get; init; } = [];

    public IReadOnlyList<TokenLogprob> PromptLogprobs { get; init; } = [];

    /// <summary>Every number of the log-probabilities, so that two generations can be compared bit by bit.</summary>
    public IEnumerable<(int TokenId, int Bits, int Rank)> LogprobBits => PromptLogprobs.Concat(Logprobs).SelectMany(
        logprob => logprob.Top
            .Select(top => (top.TokenId, BitConverter.SingleToInt32Bits(top.Logprob), 0))
            .Prepend((logprob.TokenId, BitConverter.SingleToInt32Bits(logprob.Logprob), logprob.Rank)));
}
