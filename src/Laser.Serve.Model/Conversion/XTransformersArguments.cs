namespace Laser.Serve.Model.Conversion;

/// <summary>
/// The arguments an x-transformers model was constructed with, checked: all that decides what its tensors mean.
/// </summary>
internal sealed record XTransformersArguments
{
    /// <summary>Width of the residual stream.</summary>
    public required int Dim { get; init; }

    /// <summary>Pairs of an attention and a feed-forward layer.</summary>
    public required int Depth { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads. Query head h reads the one numbered <c>h % KvHeads</c>.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Channels of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Width of the feed-forward layers.</summary>
    public required int InnerDim { get; init; }

    /// <summary>Tokens.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest sequence.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Soft clamp of the values; null for ordinary attention.</summary>
    public required float? LaserSoftclamp { get; init; }

    /// <summary>Which norm.</summary>
    public required NormKind Norm { get; init; }

    /// <summary>What is added to a stored gain: 1, or 0.</summary>
    public required float GainOffset { get; init; }

    /// <summary>
    /// Factor on the products of queries and keys of unit length; null when these are not normalized.
    /// </summary>
    public required double? QueryKeyScale { get; init; }

    /// <summary>Channels of a head that are rotated, 2i with 2i + 1; the first ones.</summary>
    public required int RotaryDim { get; init; }

    /// <summary>Base of the frequencies.</summary>
    public required double RotaryBase { get; init; }

    /// <summary>What positions are divided by.</summary>
    public required double RotaryInterpolation { get; init; }

    /// <summary>Whether the feed-forward layers are gated.</summary>
    public required bool IsGated { get; init; }

    /// <summary>Whether SiLU replaces GELU.</summary>
    public required bool IsSwish { get; init; }

    /// <summary>
    /// Whether feed-forward layers lack their biases (a gated input projection has one all the same).
    /// </summary>
    public required bool LacksBias { get; init; }

    /// <summary>Whether the embedding is also the matrix of the logits.</summary>
    public required bool TiesEmbedding { get; init; }

    /// <summary>Token that begins a text, if there is one.</summary>
    public required int? BosTokenId { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }
}
