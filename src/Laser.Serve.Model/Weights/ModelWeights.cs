using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Loading;

namespace Laser.Serve.Model.Weights;

/// <summary>All weights of a model, still on the host.</summary>
public sealed record ModelWeights
{
    /// <summary>Token embedding, <c>[vocabulary, D]</c>.</summary>
    public required HostTensor Embedding { get; init; }

    /// <summary>The layers in order.</summary>
    public required IReadOnlyList<LayerWeights> Layers { get; init; }

    /// <summary>Norm behind the last layer, <c>[D]</c>.</summary>
    public required HostTensor FinalNorm { get; init; }

    /// <summary>Matrix of the logits, <c>[vocabulary, D]</c>; null when it is the embedding.</summary>
    public HostTensor? Head { get; init; }

    /// <summary>Bytes of all tensors as they are stored.</summary>
    public long ByteSize => All().Sum(LoadMeter.ByteSize);

    /// <summary>Finds the weights of a model in a checkpoint. They are views of it and end with it.</summary>
    /// <exception cref="CheckpointException">The tensors are not those the configuration calls for.</exception>
    public static ModelWeights From(Checkpoint checkpoint, ModelConfig config)
    {
        IReadOnlyDictionary<string, HostTensor> tensors = new WeightMap(config).Take(checkpoint);
        if (config.TieWordEmbeddings && checkpoint.Contains(WeightMap.Head))
        {
            CheckTiedHead(checkpoint, config, tensors[WeightMap.Embedding]);
        }

        return new ModelWeights
        {
            Embedding = tensors[WeightMap.Embedding],
            Layers = [.. Enumerable.Range(0, config.LayerCount).Select(layer => LayerFrom(tensors, layer))],
            FinalNorm = tensors[WeightMap.FinalNorm],
            Head = tensors.GetValueOrDefault(WeightMap.Head),
        };
    }

    /// <summary>Every tensor once.</summary>
    public IEnumerable<HostTensor> All()
    {
        IEnumerable<HostTensor?> inLayers = Layers.SelectMany(layer => (HostTensor?[])
        [
            layer.InputNorm, layer.PostAttentionNorm, layer.QueryNorm, layer.KeyNorm,
            .. new[] { layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down }
                .SelectMany(linear => new[] { linear.Weight, linear.Bias }),
        ]);
        return new[] { Embedding, FinalNorm, Head }.Concat(inLayers).OfType<HostTensor>();
    }

    /// <summary>Reads all weights in search of a number that is NaN or infinite.</summary>
    /// <param name="source">Where the weights come from, for the message.</param>
    /// <param name="progress">Told of every tensor.</param>
    /// <exception cref="CheckpointException">There is one.</exception>
    public void RequireFinite(string source, IProgress<LoadProgress>? progress = null)
    {
        var meter = new LoadMeter(progress, LoadPhase.Verifying, ByteSize);
        foreach (HostTensor tensor in All())
        {
            for (int row = 0; row < tensor.Rows; row++)
            {
                if (FiniteCheck.FirstNonFinite(tensor, row) is { } column)
                {
                    throw new CheckpointException(
                        source, $"tensor '{tensor.Name}' is not finite at row {row}, column {column}.");
                }
            }

            tensor.Release();
            meter.Add([tensor]);
        }
    }

    private static LayerWeights LayerFrom(IReadOnlyDictionary<string, HostTensor> tensors, int layer)
    {
        return new LayerWeights
        {
            InputNorm = Weight("input_layernorm"),
            Query = Linear("self_attn.q_proj"),
            Key = Linear("self_attn.k_proj"),
            Value = Linear("self_attn.v_proj"),
            Output = Linear("self_attn.o_proj"),
            QueryNorm = Find("self_attn.q_norm", "weight"),
            KeyNorm = Find("self_attn.k_norm", "weight"),
            PostAttentionNorm = Weight("post_attention_layernorm"),
            Gate = Linear("mlp.gate_proj"),
            Up = Linear("mlp.up_proj"),
            Down = Linear("mlp.down_proj"),
        };

        HostTensor? Find(string module, string parameter) =>
            tensors.GetValueOrDefault(WeightMap.InLayer(layer, module, parameter));

        HostTensor Weight(string module) => tensors[WeightMap.InLayer(layer, module, "weight")];

        LinearWeights Linear(string module) => new(Weight(module), Find(module, "bias"));
    }

    private static void CheckTiedHead(Checkpoint checkpoint, ModelConfig config, HostTensor embedding)
    {
        HostTensor head = checkpoint.Get(WeightMap.Head, config.VocabularySize, config.HiddenSize);
        bool same = head.Type == embedding.Type;
        for (int row = 0; same && row < head.Rows; row++)
        {
            same = head.RowBytes(row).SequenceEqual(embedding.RowBytes(row));
        }

        if (!same)
        {
            throw new CheckpointException(
                checkpoint.Folder,
                $"tensor '{WeightMap.Head}' differs from '{WeightMap.Embedding}', but config.json says "
                + "tie_word_embeddings; set it to false if the model has a head of its own.");
        }
    }
}
