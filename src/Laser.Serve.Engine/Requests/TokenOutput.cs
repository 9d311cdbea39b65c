namespace Laser.Serve.Engine.Requests;

/// <summary>A piece of a stream: new tokens of one of its sequences, or the end of that sequence.</summary>
public sealed record TokenOutput
{
    /// <summary>Which of the request's sequences.</summary>
    public int Index { get; init; }

    /// <summary>New tokens; a stop token is among them only if the request includes it.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>
    /// Text that is complete now: whole characters, nothing that could still become part of a stop string.
    /// </summary>
    public required string Text { get; init; }

    /// <summary>One for each new token where the request wants them, else empty.</summary>
    public IReadOnlyList<TokenLogprob> Logprobs { get; init; } = [];

    /// <summary>
    /// On the first output of a request that wants them: one for each token of the prompt but the first.
    /// </summary>
    public IReadOnlyList<TokenLogprob> PromptLogprobs { get; init; } = [];

    /// <summary>Set on the last output of a sequence, and only there.</summary>
    public GenerationSummary? Final { get; init; }
}
