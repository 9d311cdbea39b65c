namespace Laser.Serve.Engine.Requests;

/// <summary>How the next token is chosen. Within these ranges by <see cref="GenerationRequest"/>'s maker.</summary>
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
    /// Key of the random numbers: the same request with the same seed gives the same tokens, whatever runs beside it.
    /// </summary>
    public ulong Seed { get; init; }
}
