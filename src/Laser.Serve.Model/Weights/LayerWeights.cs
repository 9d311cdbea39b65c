using Laser.Serve.Compute;

namespace Laser.Serve.Model.Weights;

/// <summary>
/// Weights of one layer, still on the host. Shapes with <c>D</c> hidden size, <c>F</c> intermediate size, <c>q</c> and
/// <c>kv</c> columns.
/// </summary>
public sealed record LayerWeights
{
    /// <summary>Norm before attention, <c>[D]</c>.</summary>
    public required HostTensor InputNorm { get; init; }

    /// <summary>Query projection, <c>[q, D]</c>.</summary>
    public required LinearWeights Query { get; init; }

    /// <summary>Key projection, <c>[kv, D]</c>.</summary>
    public required LinearWeights Key { get; init; }

    /// <summary>Value projection, <c>[kv, D]</c>.</summary>
    public required LinearWeights Value { get; init; }

    /// <summary>Projection of the attention output, <c>[D, q]</c>.</summary>
    public required LinearWeights Output { get; init; }

    /// <summary>Norm of each query head, <c>[headDim]</c>, if the model has it.</summary>
    public HostTensor? QueryNorm { get; init; }

    /// <summary>Norm of each key head, <c>[headDim]</c>, if the model has it.</summary>
    public HostTensor? KeyNorm { get; init; }

    /// <summary>Norm before the feed-forward block, <c>[D]</c>.</summary>
    public required HostTensor PostAttentionNorm { get; init; }

    /// <summary>Gate projection, <c>[F, D]</c>.</summary>
    public required LinearWeights Gate { get; init; }

    /// <summary>Up projection, <c>[F, D]</c>.</summary>
    public required LinearWeights Up { get; init; }

    /// <summary>Down projection, <c>[D, F]</c>.</summary>
    public required LinearWeights Down { get; init; }
}
