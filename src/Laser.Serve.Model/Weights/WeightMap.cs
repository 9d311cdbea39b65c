using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Weights;

/// <summary>
/// The tensors a configuration calls for, by the names of Hugging Face's Llama checkpoints, with their shapes
/// (<c>[outputs, inputs]</c>, or <c>[size]</c>). LASER attention has no tensors of its own.
/// </summary>
internal sealed class WeightMap
{
    /// <summary>Token embedding, and the matrix of the logits when tied.</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>Norm behind the last layer.</summary>
    public const string FinalNorm = "model.norm.weight";

    /// <summary>Matrix of the logits, when it is not the embedding.</summary>
    public const string Head = "lm_head.weight";

    private const int NamesInMessage = 5;

    private readonly Dictionary<string, int[]> _shapes = [];

    /// <summary>Lists what the model needs.</summary>
    public WeightMap(ModelConfig config)
    {
        _shapes[Embedding] = [config.VocabularySize, config.HiddenSize];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            AddLayer(config, layer);
        }

        _shapes[FinalNorm] = [config.HiddenSize];
        if (!config.TieWordEmbeddings)
        {
            _shapes[Head] = [config.VocabularySize, config.HiddenSize];
        }
    }

    /// <summary>Shape by name.</summary>
    public IReadOnlyDictionary<string, int[]> Shapes => _shapes;

    /// <summary>Name of a tensor of a layer: <c>InLayer(0, "mlp.up_proj", "weight")</c>.</summary>
    public static string InLayer(int layer, string module, string parameter) =>
        $"model.layers.{layer}.{module}.{parameter}";

    /// <summary>Takes all tensors out of a checkpoint.</summary>
    /// <exception cref="CheckpointException">
    /// One is missing, has another shape or an unsupported type, or the checkpoint holds one the model has no use for.
    /// </exception>
    public IReadOnlyDictionary<string, HostTensor> Take(Checkpoint checkpoint)
    {
        CheckNames(checkpoint);
        return _shapes.ToDictionary(weight => weight.Key, weight => checkpoint.Get(weight.Key, weight.Value));
    }

    private void AddLayer(ModelConfig config, int layer)
    {
        int hidden = config.HiddenSize;
        int inner = config.IntermediateSize;
        int queries = config.Attention.QueryColumns;
        int keys = config.Attention.KvColumns;

        Add("input_layernorm", bias: false, hidden);
        Add("self_attn.q_proj", config.AttentionBias, queries, hidden);
        Add("self_attn.k_proj", config.AttentionBias, keys, hidden);
        Add("self_attn.v_proj", config.AttentionBias, keys, hidden);
        Add("self_attn.o_proj", config.AttentionBias, hidden, queries);
        if (config.UseQkNorm)
        {
            Add("self_attn.q_norm", bias: false, config.Attention.HeadDim);
            Add("self_attn.k_norm", bias: false, config.Attention.HeadDim);
        }

        Add("post_attention_layernorm", bias: false, hidden);
        Add("mlp.gate_proj", config.MlpBias, inner, hidden);
        Add("mlp.up_proj", config.MlpBias, inner, hidden);
        Add("mlp.down_proj", config.MlpBias, hidden, inner);

        void Add(string module, bool bias, params int[] shape)
        {
            _shapes[InLayer(layer, module, "weight")] = shape;
            if (bias)
            {
                _shapes[InLayer(layer, module, "bias")] = [shape[0]];
            }
        }
    }

    private void CheckNames(Checkpoint checkpoint)
    {
        List<string> missing = [.. _shapes.Keys.Where(name => !checkpoint.Contains(name))];
        if (missing.Count > 0)
        {
            throw new CheckpointException(
                checkpoint.Folder, $"lacks {missing.Count} tensors that config.json asks for: {FirstOf(missing)}.");
        }

        List<string> unused =
            [.. checkpoint.TensorNames.Where(name => !_shapes.ContainsKey(name) && !MayBeUnused(name))];
        if (unused.Count > 0)
        {
            unused.Sort(StringComparer.Ordinal);
            throw new CheckpointException(
                checkpoint.Folder,
                $"holds {unused.Count} tensors the model has no use for: {FirstOf(unused)}. If they belong to it, "
                + "config.json lacks attention_bias, mlp_bias or use_qk_norm, or has too few layers.");
        }
    }

    // The frequencies follow from config.json. A tied head may be stored all the same; ModelWeights compares it.
    private static bool MayBeUnused(string name) =>
        name == Head || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);

    private static string FirstOf(List<string> names) =>
        string.Join(", ", names.Take(NamesInMessage))
        + (names.Count > NamesInMessage ? $" and {names.Count - NamesInMessage} more" : "");
}
