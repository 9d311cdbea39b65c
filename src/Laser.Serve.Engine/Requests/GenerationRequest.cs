using System.Diagnostics;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Engine.Requests;

/// <summary>What a client asked for, checked and immutable.</summary>
public sealed record GenerationRequest
{
    /// <summary>Name for logs.</summary>
    public required string Id { get; init; }

    /// <summary>The prompt, at least one token.</summary>
    public required IReadOnlyList<int> PromptTokenIds { get; init; }

    /// <summary>Most tokens to generate, at least one.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>
    /// Sequences to generate from the prompt, which is computed once; at least one, at most
    /// <see cref="EngineOptions.MaxRunningSequences"/>.
    /// </summary>
    public int SequenceCount { get; init; } = 1;

    /// <summary>How tokens are chosen.</summary>
    public SamplingParams Sampling { get; init; } = new();

    /// <summary>What the text must look like; null for anything.</summary>
    public TokenConstraint? Constraint { get; init; }

    /// <summary>Tokens that end the text (end of sequence).</summary>
    public IReadOnlyList<int> StopTokenIds { get; init; } = [];

    /// <summary>Strings that end the text.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Whether the stop token, or the text up to the end of the stop string, is part of the answer.</summary>
    public bool IncludeStop { get; init; }

    /// <summary>
    /// Before so many tokens neither a stop token is sampled nor a stop string looked for: one counts only if all of it
    /// is text of later tokens. At most <see cref="MaxTokens"/>.
    /// </summary>
    public int MinTokens { get; init; }

    /// <summary>Whether special tokens add nothing to the text.</summary>
    public bool SkipSpecialTokens { get; init; } = true;

    /// <summary>
    /// Wants the log-probability of every generated token, and of so many of the likeliest in its place, 0 to 20; null
    /// wants none.
    /// </summary>
    public int? TopLogprobs { get; init; }

    /// <summary>The same for every token of the prompt but the first.</summary>
    public int? PromptTopLogprobs { get; init; }

    /// <summary>Ends all sequences with the text there is, this long after submission; null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// A request with a higher one leaves the queue earlier, as if it had come 5 seconds earlier for every level. -100
    /// to 100.
    /// </summary>
    public int Priority { get; init; }

    /// <summary>
    /// Whose it is, for <see cref="EngineOptions.Fairness"/>; all with null share one key. Whoever makes the request must
    /// know it for sure: with keys of its own choice a client would be served more.
    /// </summary>
    public string? FairnessKey { get; init; }

    /// <summary>Whether the request may use, and adds to, cached prefixes.</summary>
    public bool UsePrefixCache { get; init; } = true;

    /// <summary>Only requests with equal salts share cached prefixes.</summary>
    public string CacheSalt { get; init; } = "";

    /// <summary>The trace it belongs to, for what is measured of it; the default belongs to none.</summary>
    public ActivityContext Trace { get; init; }
}
