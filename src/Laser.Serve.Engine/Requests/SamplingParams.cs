namespace Laser.Serve.Engine.Requests;

/// <summary>
/// How the next token is chosen. Within these ranges by <see cref="GenerationRequest"/>'s maker. In this order: bias,
/// allowed and banned tokens, the constraint; repetition, frequency and presence penalty; temperature; top-k;
/// typical-p; top-p; min-p; then a draw.
/// </summary>
public sealed record SamplingParams
{
    /// <summary>0: the most likely token (greedy). Above: logits are divided by it. 0 to 100.</summary>
    public float Temperature { get; init; } = 1f;

    /// <summary>Keeps only so many of the most likely tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Keeps the smallest set of most likely tokens whose probability reaches this. Above 0, at most 1.
    /// </summary>
    public float TopP { get; init; } = 1f;

    /// <summary>
    /// Keeps the tokens whose probability is at least this share of the likeliest one's. 0 to 1; 0 keeps all.
    /// </summary>
    public float MinP { get; init; }

    /// <summary>
    /// Locally typical sampling (Meister et al., arXiv 2202.00666): keeps the smallest set of tokens, those first whose
    /// information content is nearest the entropy, whose probability reaches this. Above 0, at most 1; 1 keeps all.
    /// </summary>
    public float TypicalP { get; init; } = 1f;

    /// <summary>
    /// Divides positive logits, and multiplies negative ones, of tokens in the prompt or the generated text (Keskar et
    /// al., arXiv 1909.05858). Above 0, at most 100; 1 changes nothing.
    /// </summary>
    public float RepetitionPenalty { get; init; } = 1f;

    /// <summary>Taken from the logit of every token that was generated before. -2 to 2.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Taken from the logit of a token once for each time it was generated before. -2 to 2.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of some tokens. -100 to 100.</summary>
    public IReadOnlyList<KeyValuePair<int, float>> LogitBias { get; init; } = [];

    /// <summary>If not empty, nothing else is generated but these and stop tokens.</summary>
    public IReadOnlyList<int> AllowedTokenIds { get; init; } = [];

    /// <summary>Never generated.</summary>
    public IReadOnlyList<int> BannedTokenIds { get; init; } = [];

    /// <summary>
    /// Key of the random numbers: the same request with the same seed gives the same tokens, whatever runs beside it.
    /// </summary>
    public ulong Seed { get; init; }
}
