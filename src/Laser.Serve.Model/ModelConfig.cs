using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Configuration;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Model;

/// <summary>
/// What a checkpoint's <c>config.json</c> says about the model, checked: a decoder of the Llama family with LASER or
/// ordinary attention.
/// <para>
/// Keys are those of Hugging Face's LlamaConfig, with its defaults, except that the sizes (<c>hidden_size</c>,
/// <c>intermediate_size</c>, <c>num_hidden_layers</c>, <c>num_attention_heads</c>, <c>vocab_size</c>) must be given: a
/// default for them is a wrong guess. Ours are <c>attention_variant</c> (<c>"laser"</c> or <c>"softmax"</c>,
/// mandatory), <c>laser_value_softclamp</c> and <c>laser_log_floor</c> (numbers above 0, or null), and
/// <c>use_qk_norm</c>. A key known to change the computation in a way this model does not have is refused.
/// </para>
/// </summary>
public sealed record ModelConfig
{
    /// <summary>What attention computes, and the heads.</summary>
    public required LaserAttentionSpec Attention { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Token ids are <c>0 .. VocabularySize - 1</c>.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The rotary position embedding.</summary>
    public required RotarySettings Rotary { get; init; }

    /// <summary>Longest sequence the model is meant for.</summary>
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>Gate function of the feed-forward block.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Added to the mean square in every normalization.</summary>
    public float RmsNormEpsilon { get; init; } = 1e-6f;

    /// <summary>Whether the four projections of attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward block have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether queries and keys are normalized head by head before rotation.</summary>
    public bool UseQkNorm { get; init; }

    /// <summary>Whether the embedding is also the matrix that gives the logits.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Token that begins a text, if there is one.</summary>
    public int? BosTokenId { get; init; } = 1;

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [2];

    /// <summary>Reads <c>config.json</c> of a checkpoint folder.</summary>
    /// <exception cref="CheckpointException">It is missing, broken, or describes another model.</exception>
    public static ModelConfig Load(string folder) =>
        new ModelConfigReader(ConfigObject.Load(Path.Combine(folder, "config.json"))).Read();

    /// <summary>
    /// A key/value cache for this model; further choices (block size, types, raw pages) are for a <c>with</c>.
    /// </summary>
    /// <param name="blockCount">Blocks in the pool.</param>
    /// <param name="openSlotCount">Sequences that run at one time.</param>
    public KvCacheLayout CreateCacheLayout(int blockCount, int openSlotCount) => new()
    {
        Attention = Attention,
        LayerCount = LayerCount,
        BlockCount = blockCount,
        OpenSlotCount = openSlotCount,
    };
}
