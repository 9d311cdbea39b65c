using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Loading;
using Laser.Serve.Model.Tests.Checkpoints;
using Laser.Serve.Model.Tests.Configuration;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model.Tests.Weights;

public sealed class ModelWeightsTests
{
    private const string Head = "lm_head.weight";
    private const string Embedding = "model.embed_tokens.weight";

    [Fact]
    public void From_LlamaNames_FindsEveryTensorByItsShape()
    {
        // heads * headDim = 24 and kvHeads * headDim = 12 differ from hidden = 8, on purpose.
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile()).Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);

        ModelWeights weights = ModelWeights.From(checkpoint, saved.Config);

        Assert.Equal((Embedding, 10, 8), Describe(weights.Embedding));
        Assert.Equal((Head, 10, 8), Describe(weights.Head!));
        Assert.Equal(("model.norm.weight", 1, 8), Describe(weights.FinalNorm));
        Assert.Equal(2, weights.Layers.Count);
        LayerWeights layer = weights.Layers[1];
        Assert.Equal(("model.layers.1.input_layernorm.weight", 1, 8), Describe(layer.InputNorm));
        Assert.Equal(("model.layers.1.self_attn.q_proj.weight", 24, 8), Describe(layer.Query.Weight));
        Assert.Equal(("model.layers.1.self_attn.k_proj.weight", 12, 8), Describe(layer.Key.Weight));
        Assert.Equal(("model.layers.1.self_attn.v_proj.weight", 12, 8), Describe(layer.Value.Weight));
        Assert.Equal(("model.layers.1.self_attn.o_proj.weight", 8, 24), Describe(layer.Output.Weight));
        Assert.Equal(("model.layers.1.post_attention_layernorm.weight", 1, 8), Describe(layer.PostAttentionNorm));
        Assert.Equal(("model.layers.1.mlp.gate_proj.weight", 12, 8), Describe(layer.Gate.Weight));
        Assert.Equal(("model.layers.1.mlp.up_proj.weight", 12, 8), Describe(layer.Up.Weight));
        Assert.Equal(("model.layers.1.mlp.down_proj.weight", 8, 12), Describe(layer.Down.Weight));
        Assert.Null(layer.Query.Bias);
        Assert.Null(layer.QueryNorm);
        Assert.Equal(saved.Tensors.Select(tensor => tensor.Name).Order(), weights.All().Select(t => t.Name).Order());
    }

    [Fact]
    public void From_BiasesAndHeadNorms_AreFoundWhereTheConfigurationHasThem()
    {
        ConfigFile config = new ConfigFile()
            .With("attention_bias", "true").With("mlp_bias", "true").With("use_qk_norm", "true");
        using TinyCheckpoint saved = new TinyCheckpoint(config).Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);

        ModelWeights weights = ModelWeights.From(checkpoint, saved.Config);

        LayerWeights layer = weights.Layers[0];
        Assert.Equal(("model.layers.0.self_attn.q_proj.bias", 1, 24), Describe(layer.Query.Bias!));
        Assert.Equal(("model.layers.0.self_attn.o_proj.bias", 1, 8), Describe(layer.Output.Bias!));
        Assert.Equal(("model.layers.0.mlp.up_proj.bias", 1, 12), Describe(layer.Up.Bias!));
        Assert.Equal(("model.layers.0.self_attn.q_norm.weight", 1, 6), Describe(layer.QueryNorm!));
        Assert.Equal(("model.layers.0.self_attn.k_norm.weight", 1, 6), Describe(layer.KeyNorm!));
        Assert.Equal(saved.Tensors.Select(tensor => tensor.Name).Order(), weights.All().Select(t => t.Name).Order());
    }

    [Fact]
    public void From_MissingTensors_CountsThemAndNamesTheFirst()
    {
        using var saved = new TinyCheckpoint(new ConfigFile());
        saved.Tensors.RemoveAll(tensor => tensor.Name.StartsWith("model.layers.1.", StringComparison.Ordinal));

        string message = MessageFor(saved);

        Assert.Contains("lacks 9 tensors", message, StringComparison.Ordinal);
        Assert.Contains("model.layers.1.input_layernorm.weight, ", message, StringComparison.Ordinal);
        Assert.EndsWith(" and 4 more.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj.bias")]
    [InlineData("model.layers.2.input_layernorm.weight")]
    [InlineData("embed_tokens.weight")]
    public void From_UnusedTensor_IsRefusedByName(string name)
    {
        using var saved = new TinyCheckpoint(new ConfigFile());
        saved.Tensors.Add(StoredTensor.Counting(name, 0, 8));

        Assert.Contains($"no use for: {name}.", MessageFor(saved), StringComparison.Ordinal);
    }

    [Fact]
    public void From_StoredFrequencies_AreIgnored()
    {
        using var saved = new TinyCheckpoint(new ConfigFile());
        saved.Tensors.Add(StoredTensor.Counting("model.layers.0.self_attn.rotary_emb.inv_freq", 0, 3));
        saved.Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);

        Assert.Equal(2, ModelWeights.From(checkpoint, saved.Config).Layers.Count);
    }

    [Fact]
    public void From_WrongShape_NamesTensorAndBothShapes()
    {
        using var saved = new TinyCheckpoint(new ConfigFile());
        const string name = "model.layers.0.self_attn.k_proj.weight";
        saved.Replace(name, StoredTensor.Counting(name, 0, 24, 8));

        Assert.Contains(
            $"tensor '{name}' has shape [24, 8], the configuration asks for [12, 8]",
            MessageFor(saved),
            StringComparison.Ordinal);
    }

    [Fact]
    public void From_TiedAndNoHeadStored_HasNoHead()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(Tied()).Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);

        Assert.Null(ModelWeights.From(checkpoint, saved.Config).Head);
    }

    [Fact]
    public void From_TiedAndEqualHeadStored_HasNoHead()
    {
        using var saved = new TinyCheckpoint(Tied());
        saved.Tensors.Add(saved[Embedding] with { Name = Head });
        saved.Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);

        Assert.Null(ModelWeights.From(checkpoint, saved.Config).Head);
    }

    [Fact]
    public void From_TiedAndAnotherHeadStored_IsRefused()
    {
        using var saved = new TinyCheckpoint(Tied());
        byte[] bytes = [.. saved[Embedding].Bytes];
        bytes[^1] ^= 1;
        saved.Tensors.Add(saved[Embedding] with { Name = Head, Bytes = bytes });

        Assert.Contains("'lm_head.weight' differs", MessageFor(saved), StringComparison.Ordinal);
    }

    [Fact]
    public void From_TiedAndHeadOfAnotherTypeStored_IsRefused()
    {
        using var saved = new TinyCheckpoint(Tied());
        saved.Tensors.Add((saved[Embedding] with { Name = Head }).AsBFloat16());

        Assert.Contains("'lm_head.weight' differs", MessageFor(saved), StringComparison.Ordinal);
    }

    // Bit patterns: the smallest infinity, a quiet NaN, a NaN with only its last bit set; of each the largest finite
    // one below.
    [Theory]
    [InlineData("F32", new byte[] { 0, 0, 0x80, 0x7F }, new byte[] { 0xFF, 0xFF, 0x7F, 0x7F })]
    [InlineData("F32", new byte[] { 1, 0, 0x80, 0xFF }, new byte[] { 0xFF, 0xFF, 0x7F, 0xFF })]
    [InlineData("F16", new byte[] { 0, 0x7C }, new byte[] { 0xFF, 0x7B })]
    [InlineData("F16", new byte[] { 0, 0x7E }, new byte[] { 0xFF, 0xFB })]
    [InlineData("BF16", new byte[] { 0x80, 0x7F }, new byte[] { 0x7F, 0x7F })]
    [InlineData("BF16", new byte[] { 0xC0, 0xFF }, new byte[] { 0x7F, 0xFF })]
    public void RequireFinite_AnyPlace_IsFoundExactly(string type, byte[] notFinite, byte[] finite)
    {
        const int columns = 77;
        for (int at = 0; at < 2 * columns; at++)
        {
            ModelWeights good = OneTensor(type, columns, at, finite);
            ModelWeights bad = OneTensor(type, columns, at, notFinite);

            good.RequireFinite("here");
            var error = Assert.Throws<CheckpointException>(() => bad.RequireFinite("here"));

            Assert.Equal(
                $"here: tensor 't' is not finite at row {at / columns}, column {at % columns}.", error.Message);
        }
    }

    [Fact]
    public void RequireFinite_GoodWeights_ReportsAllBytes()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile()).Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);
        ModelWeights weights = ModelWeights.From(checkpoint, saved.Config);
        var progress = new RecordedProgress();

        weights.RequireFinite("here", progress);

        long total = saved.Tensors.Sum(tensor => tensor.Bytes.Length);
        Assert.Equal(new LoadProgress(LoadPhase.Verifying, total, total), progress.Reports[^1]);
    }

    private static ConfigFile Tied() => new ConfigFile().With("tie_word_embeddings", "true");

    private static (string Name, int Rows, int Columns) Describe(HostTensor tensor) =>
        (tensor.Name, tensor.Rows, tensor.Columns);

    private static string MessageFor(TinyCheckpoint saved)
    {
        saved.Save();
        using Checkpoint checkpoint = Checkpoint.Open(saved.Path);
        return Assert.Throws<CheckpointException>(() => ModelWeights.From(checkpoint, saved.Config)).Message;
    }

    private static ModelWeights OneTensor(string type, int columns, int at, byte[] pattern)
    {
        var bytes = new byte[2 * columns * pattern.Length];
        pattern.CopyTo(bytes, at * pattern.Length);
        var tensor = new BytesTensor("t", ElementTypes.ToDataType(type)!.Value, 2, columns, bytes);
        return new ModelWeights { Embedding = tensor, FinalNorm = tensor, Layers = [] };
    }
}
