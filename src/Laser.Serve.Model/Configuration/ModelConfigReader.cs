using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Configuration;

/// <summary>
/// Turns <c>config.json</c> into a <see cref="ModelConfig"/>; every check of its values is here or in what it calls.
/// </summary>
internal sealed class ModelConfigReader(ConfigObject config)
{
    // Bounds far above any model, low enough that widths added or doubled, and rows of bytes, stay within an int.
    private const int MaxWidth = 1 << 20;
    private const int MaxLayers = 1 << 12;
    private const int MaxHeads = 1 << 12;
    private const int MaxVocabulary = 1 << 24;
    private const int MaxPositions = 1 << 24;

    /// <summary>Reads all keys.</summary>
    /// <exception cref="CheckpointException">A value is missing, out of range or not supported.</exception>
    public ModelConfig Read()
    {
        UnsupportedKeys.Check(config);
        int hiddenSize = Size("hidden_size", MaxWidth);
        int vocabularySize = Size("vocab_size", MaxVocabulary);
        int maxPositions = config.Integer("max_position_embeddings", 1, MaxPositions) ?? 2048;
        LaserAttentionSpec attention = ReadAttention(hiddenSize);
        return new ModelConfig
        {
            Attention = attention,
            HiddenSize = hiddenSize,
            IntermediateSize = Size("intermediate_size", MaxWidth),
            LayerCount = Size("num_hidden_layers", MaxLayers),
            VocabularySize = vocabularySize,
            Rotary = new RotarySettingsReader(config).Read(attention.HeadDim, maxPositions),
            MaxPositionEmbeddings = maxPositions,
            Activation = ReadActivation(),
            RmsNormEpsilon = config.PositiveSingle("rms_norm_eps") ?? 1e-6f,
            AttentionBias = config.Flag("attention_bias") ?? false,
            MlpBias = config.Flag("mlp_bias") ?? false,
            UseQkNorm = config.Flag("use_qk_norm") ?? false,
            TieWordEmbeddings = config.Flag("tie_word_embeddings") ?? false,
            BosTokenId = SpecialToken("bos_token_id", 1, id => config.Integer(id, 0, vocabularySize - 1)),
            EosTokenIds = SpecialToken("eos_token_id", [2], id => config.Integers(id, 0, vocabularySize - 1)) ?? [],
        };
    }

    private LaserAttentionSpec ReadAttention(int hiddenSize)
    {
        AttentionVariant variant = ReadVariant();
        int heads = Size("num_attention_heads", MaxHeads);
        int kvHeads = config.Integer("num_key_value_heads", 1, MaxHeads) ?? heads;
        if (heads % kvHeads != 0)
        {
            throw config.Refuse(
                "num_key_value_heads", $"is {kvHeads}, which does not divide num_attention_heads = {heads}.");
        }

        int headDim = ReadHeadDim(hiddenSize, heads);
        return new LaserAttentionSpec(
            variant,
            heads,
            kvHeads,
            headDim,
            Scale: (float)(1 / Math.Sqrt(headDim)),
            ValueSoftclamp: LaserOnly("laser_value_softclamp", variant),
            LogFloor: LaserOnly("laser_log_floor", variant));
    }

    private AttentionVariant ReadVariant() => config.String("attention_variant") switch
    {
        "laser" => AttentionVariant.Laser,
        "softmax" => AttentionVariant.Softmax,
        null => throw config.Refuse(
            "attention_variant",
            "is missing. The tensors of a LASER and of an ordinary model look alike and a guess would give wrong text: "
            + "add \"attention_variant\": \"laser\" (or \"softmax\"), whichever the model was trained with."),
        string other => throw config.Refuse("attention_variant", $"is '{other}'; it must be \"laser\" or \"softmax\"."),
    };

    private int ReadHeadDim(int hiddenSize, int heads)
    {
        int? given = config.Integer("head_dim", 1, MaxWidth);
        if (given is null && hiddenSize % heads != 0)
        {
            throw config.Refuse(
                "head_dim",
                $"is missing, and hidden_size = {hiddenSize} does not divide by num_attention_heads = {heads}.");
        }

        int headDim = given ?? hiddenSize / heads;
        if (headDim % 2 != 0)
        {
            throw config.Refuse("head_dim", $"is {headDim}; it must be even, because channels are rotated in pairs.");
        }

        return (long)heads * headDim <= MaxWidth
            ? headDim
            : throw config.Refuse("head_dim", $"is {headDim}; with {heads} heads that is wider than {MaxWidth}.");
    }

    private float? LaserOnly(string key, AttentionVariant variant)
    {
        float? value = config.PositiveSingle(key);
        return value is null || variant == AttentionVariant.Laser
            ? value
            : throw config.Refuse(key, "is for LASER attention, but attention_variant is \"softmax\".");
    }

    private Activation ReadActivation() => (config.String("hidden_act") ?? "silu") switch
    {
        "silu" or "swish" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" => Activation.GeluTanh,
        string other => throw config.Refuse(
            "hidden_act", $"is '{other}'; supported are silu (swish), gelu, gelu_pytorch_tanh (gelu_new)."),
    };

    // Here alone absent and null differ, as in LlamaConfig: an absent key has a default, null says that there is no
    // such token.
    private T? SpecialToken<T>(string key, T whenAbsent, Func<string, T?> read) =>
        config.Keys.Contains(key) ? read(key) : whenAbsent;

    private int Size(string key, int maximum) =>
        config.Integer(key, 1, maximum)
        ?? throw config.Refuse(key, "is missing; it decides the shapes of the weights.");
}
