using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Loading;

namespace Laser.Serve.Model;

/// <summary>
/// What flows through the model in a step, one row per token of the batch. Allocated once for the largest step and used
/// by all layers in turn, which is safe because operations take effect in order.
/// </summary>
internal sealed class Activations
{
    /// <summary>Allocates all of them.</summary>
    public Activations(ModelMemory memory, ModelConfig config, DecoderModelOptions options)
    {
        int rows = options.MaxTokensPerStep;
        LaserAttentionSpec attention = config.Attention;
        Residual = memory.Activations(rows, config.HiddenSize);
        Normed = memory.Activations(rows, config.HiddenSize);
        Qkv = memory.Activations(rows, attention.QkvColumns);
        Attended = memory.Activations(rows, attention.QueryColumns);
        GateUp = memory.Activations(rows, 2 * config.IntermediateSize);
        Gated = memory.Activations(rows, config.IntermediateSize);
        Delta = memory.Activations(rows, config.HiddenSize);
        LogitInput = memory.Activations(options.MaxLogitRows, config.HiddenSize);
        Logits = memory.Activations(options.MaxLogitRows, config.VocabularySize);
    }

    /// <summary>The residual stream, <c>[tokens, hidden]</c>: what every block reads and adds to.</summary>
    public DeviceTensor Residual { get; }

    /// <summary>The normalized residual stream, input of a block, <c>[tokens, hidden]</c>.</summary>
    public DeviceTensor Normed { get; }

    /// <summary>Queries, keys and values side by side, <c>[tokens, q | k | v]</c>.</summary>
    public DeviceTensor Qkv { get; }

    /// <summary>The attention output of all heads side by side, <c>[tokens, heads * headDim]</c>.</summary>
    public DeviceTensor Attended { get; }

    /// <summary>Gate and up projection side by side, <c>[tokens, gate | up]</c>.</summary>
    public DeviceTensor GateUp { get; }

    /// <summary>Activated gate times up, <c>[tokens, intermediate]</c>.</summary>
    public DeviceTensor Gated { get; }

    /// <summary>Output of a block, about to be added to the residual stream, <c>[tokens, hidden]</c>.</summary>
    public DeviceTensor Delta { get; }

    /// <summary>Rows of the residual stream that get logits, <c>[logit rows, hidden]</c>.</summary>
    public DeviceTensor LogitInput { get; }

    /// <summary>One score per token of the vocabulary, <c>[logit rows, vocabulary]</c>.</summary>
    public DeviceTensor Logits { get; }
}
