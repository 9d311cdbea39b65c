using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Everything a request gave.</summary>
internal sealed record Generation(IReadOnlyList<int> TokenIds, string Text, GenerationSummary Summary)
{
    public IReadOnlyList<TokenLogprob> Logprobs { get; init; } = [];

    public IReadOnlyList<TokenLogprob> PromptLogprobs { get; init; } = [];
}
