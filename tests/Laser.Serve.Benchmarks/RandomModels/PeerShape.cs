namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>The shape of a Llama-like model whose weights are random: speed does not depend on what they are.</summary>
/// <param name="Name">What the script calls it.</param>
/// <param name="LayerCount">Layers.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Heads">Query heads of 64 channels.</param>
/// <param name="KvHeads">Key and value heads.</param>
/// <param name="Inner">Width within the feed-forward part.</param>
internal sealed record PeerShape(string Name, int LayerCount, int Hidden, int Heads, int KvHeads, int Inner)
{
    public const int HeadDim = 64;
    public const int VocabularySize = 32_000;
    public const int ContextLength = 8192;
    public const float RmsNormEpsilon = 1e-5f;
    public const float RotaryBase = 10_000;

    private const double WeightDeviation = 0.02;

    // Logits of a trained model spread over a few units; with the deviation of the other weights all tokens would be
    // about equally likely, which is the dearest case there is for top-p.
    private const double HeadDeviation = 0.1;

    /// <summary>110 M weights are read for a token.</summary>
    public static PeerShape A { get; } = new("A", LayerCount: 12, Hidden: 768, Heads: 12, KvHeads: 12, Inner: 2048);

    /// <summary>1.03 G weights are read for a token: the shape of TinyLlama.</summary>
    public static PeerShape B { get; } = new("B", LayerCount: 22, Hidden: 2048, Heads: 32, KvHeads: 4, Inner: 5632);

    /// <summary>Next to nothing, to try out what measures the others.</summary>
    public static PeerShape Tiny { get; } = new("tiny", LayerCount: 2, Hidden: 128, Heads: 2, KvHeads: 1, Inner: 256);

    /// <summary>Weights of the linear layers, which a token of a prompt is multiplied with.</summary>
    public long LinearWeightCount =>
        LayerCount * (((long)Hidden * HeadDim * 2 * (Heads + KvHeads)) + (3L * Hidden * Inner));

    /// <summary>The shape of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static PeerShape Parse(string name) => name switch
    {
        "A" => A,
        "B" => B,
        "tiny" => Tiny,
        _ => throw new ArgumentException($"There is no shape '{name}', only A, B and tiny."),
    };

    /// <summary>All tensors, in the order of the layers.</summary>
    public IEnumerable<PeerTensor> Tensors()
    {
        (int queries, int keys) = (Heads * HeadDim, KvHeads * HeadDim);
        yield return Matrix("model.embed_tokens", "token_embd", VocabularySize, Hidden);
        for (int i = 0; i < LayerCount; i++)
        {
            (string layer, string block) = ($"model.layers.{i}.", $"blk.{i}.");
            yield return Norm(layer + "input_layernorm", block + "attn_norm");
            yield return Matrix(layer + "self_attn.q_proj", block + "attn_q", queries, Hidden);
            yield return Matrix(layer + "self_attn.k_proj", block + "attn_k", keys, Hidden);
            yield return Matrix(layer + "self_attn.v_proj", block + "attn_v", keys, Hidden);
            yield return Matrix(layer + "self_attn.o_proj", block + "attn_output", Hidden, queries);
            yield return Norm(layer + "post_attention_layernorm", block + "ffn_norm");
            yield return Matrix(layer + "mlp.gate_proj", block + "ffn_gate", Inner, Hidden);
            yield return Matrix(layer + "mlp.up_proj", block + "ffn_up", Inner, Hidden);
            yield return Matrix(layer + "mlp.down_proj", block + "ffn_down", Hidden, Inner);
        }

        yield return Norm("model.norm", "output_norm");
        yield return Matrix("lm_head", "output", VocabularySize, Hidden, HeadDeviation);
    }

    private PeerTensor Norm(string name, string ggufName) => new(name + ".weight", ggufName + ".weight", 1, Hidden, 0);

    private static PeerTensor Matrix(
        string name, string ggufName, int rows, int columns, double deviation = WeightDeviation) =>
        new(name + ".weight", ggufName + ".weight", rows, columns, deviation);
}
