namespace Laser.Serve.Model;

/// <summary>How a model is loaded: the sizes of the steps it will compute.</summary>
public sealed record DecoderModelOptions
{
    /// <summary>
    /// Rows of the largest step, prompts and generated tokens together. Activations are allocated for so many.
    /// </summary>
    public required int MaxTokensPerStep { get; init; }

    /// <summary>
    /// Rows of a step that get logits, at most: the largest tensor of a model with a large vocabulary.
    /// </summary>
    public required int MaxLogitRows { get; init; }

    /// <summary>Longest sequence; null takes the model's <see cref="ModelConfig.MaxPositionEmbeddings"/>.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether to look for NaN and infinity in the weights first, which reads them once more.</summary>
    public bool VerifyWeights { get; init; }
}
