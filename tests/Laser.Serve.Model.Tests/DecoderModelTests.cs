using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Loading;
using Laser.Serve.Model.Tests.Checkpoints;
using Laser.Serve.Model.Tests.Configuration;
using Laser.Serve.Model.Tests.Weights;

namespace Laser.Serve.Model.Tests;

public sealed class DecoderModelTests
{
    private static readonly DecoderModelOptions Options =
        new() { MaxTokensPerStep = 6, MaxLogitRows = 3, ContextLength = 40 };

    // hidden 8, intermediate 12, q|k|v 24 + 12 + 12 columns, vocabulary 10. A batch of 5 rows, 2 of them with logits.
    // Activations are shown as #number:rows x columns.
    [Fact]
    public void Forward_WithEveryOption_IsTheLlamaBlock()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(
            new ConfigFile().With("num_hidden_layers", "1").With("attention_bias", "true").With("mlp_bias", "true")
                .With("use_qk_norm", "true").With("hidden_act", "\"gelu\"")).Save();
        using var backend = new RecordingBackend();
        using DecoderModel model = DecoderModel.Load(saved.Path, backend, Options);
        using KvCache cache = backend.CreateKvCache(model.Config.CreateCacheLayout(4, 2));

        DeviceTensor logits = model.Forward(Batch(), cache);

        // Residual #0, normed #1, q|k|v #2, attended #3, gate|up #4, gated #5, delta #6, logit input #7, logits #8.
        Assert.Equal("#8:3x10", logits.ToString());
        Assert.Equal(
            [
                "embed model.embed_tokens.weight -> #0:6x8",
                "norm #0:6x8[5] 0.input_layernorm.weight -> #1:6x8",
                "linear #1:6x8[5] 0.self_attn.q_proj.weight|0.self_attn.k_proj.weight|0.self_attn.v_proj.weight "
                    + "0.self_attn.q_proj.bias|0.self_attn.k_proj.bias|0.self_attn.v_proj.bias -> #2:6x48",
                "head norm #2:6x48[5] 4 x 6 from 0 0.self_attn.q_norm.weight",
                "head norm #2:6x48[5] 2 x 6 from 24 0.self_attn.k_norm.weight",
                "rotate #2:6x48 6 x 6 rotary table",
                "attend 0 #2:6x48 -> #3:6x24",
                "linear #3:6x24[5] 0.self_attn.o_proj.weight 0.self_attn.o_proj.bias -> #6:6x8",
                "add #0:6x8[5] #6:6x8",
                "norm #0:6x8[5] 0.post_attention_layernorm.weight -> #1:6x8",
                "linear #1:6x8[5] 0.mlp.gate_proj.weight|0.mlp.up_proj.weight "
                    + "0.mlp.gate_proj.bias|0.mlp.up_proj.bias -> #4:6x24",
                "Gelu #4:6x24[5] -> #5:6x12",
                "linear #5:6x12[5] 0.mlp.down_proj.weight 0.mlp.down_proj.bias -> #6:6x8",
                "add #0:6x8[5] #6:6x8",
                "gather #0:6x8 -> #7:3x8",
                "norm #7:3x8[2] model.norm.weight -> #7:3x8",
                "linear #7:3x8[2] lm_head.weight  -> #8:3x10",
            ],
            backend.Calls);
    }

    [Fact]
    public void Forward_TiedHead_UsesTheEmbedding()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile().With("tie_word_embeddings", "true")).Save();
        using var backend = new RecordingBackend();
        using DecoderModel model = DecoderModel.Load(saved.Path, backend, Options);
        using KvCache cache = backend.CreateKvCache(model.Config.CreateCacheLayout(4, 2));

        model.Forward(Batch(), cache);

        Assert.Equal("linear #7:3x8[2] model.embed_tokens.weight  -> #8:3x10", backend.Calls[^1]);
        Assert.Single(backend.Alive, tensor => tensor.ToString() == "model.embed_tokens.weight");
    }

    [Fact]
    public void Forward_NoRowWantsLogits_SkipsTheHead()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile()).Save();
        using var backend = new RecordingBackend();
        using DecoderModel model = DecoderModel.Load(saved.Path, backend, Options);
        using KvCache cache = backend.CreateKvCache(model.Config.CreateCacheLayout(4, 2));
        var batch = new ForwardBatch(8, 2, 8);
        batch.Add([1, 2], 0, [0], 0, logitCount: 0);

        model.Forward(batch, cache);

        Assert.StartsWith("add ", backend.Calls[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7 }, 0, 1, "7 tokens")]
    [InlineData(new[] { 1, 2, 3, 4 }, 0, 4, "4 rows of logits")]
    [InlineData(new[] { 1, 10 }, 0, 1, "Token id 10")]
    [InlineData(new[] { 1, -1 }, 0, 1, "Token id -1")]
    [InlineData(new[] { 1, 2 }, 39, 1, "sequence of 41 tokens")]
    public void Forward_BatchThatDoesNotFit_ThrowsBeforeComputing(int[] tokens, int start, int logits, string problem)
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile()).Save();
        using var backend = new RecordingBackend();
        using DecoderModel model = DecoderModel.Load(saved.Path, backend, Options);
        using KvCache cache = backend.CreateKvCache(model.Config.CreateCacheLayout(4, 2));
        var batch = new ForwardBatch(8, 2, 8);
        batch.Add(tokens, start, [0, 1], 0, logits);

        var error = Assert.Throws<ArgumentException>(() => model.Forward(batch, cache));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Empty(backend.Calls);
    }

    [Fact]
    public void Forward_CacheOfAnotherModel_Throws()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile()).Save();
        using var backend = new RecordingBackend();
        using DecoderModel model = DecoderModel.Load(saved.Path, backend, Options);
        KvCacheLayout layout = model.Config.CreateCacheLayout(4, 2);
        using KvCache cache = backend.CreateKvCache(layout with { LayerCount = 3 });

        Assert.Throws<ArgumentException>(() => model.Forward(Batch(), cache));
    }

    [Fact]
    public void Load_AllAtOnce_CountsParametersAndReportsEveryByte()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile().With("use_qk_norm", "true")).Save();
        using var backend = new RecordingBackend();
        var progress = new RecordedProgress();

        using DecoderModel model = DecoderModel.Load(
            saved.Path, backend, Options with { VerifyWeights = true, ContextLength = null }, progress);

        // Embedding and head 10 x 8; per layer q 24 x 8, k and v 12 x 8, o 8 x 24, three of 12 x 8, norms 8, 8, 6, 6.
        const long count = (2 * 80) + (2 * ((2 * 192) + (2 * 96) + (3 * 96) + 28)) + 8;
        Assert.Equal(count, model.ParameterCount);
        Assert.Equal(2048, model.ContextLength);
        Assert.Equal(4 * (count - (2 * 28) - 8), model.WeightByteSize);
        Assert.Equal(
            progress.Reports.OrderBy(report => report.Phase).ThenBy(report => report.BytesDone), progress.Reports);
        Assert.Contains(new LoadProgress(LoadPhase.Verifying, 4 * count, 4 * count), progress.Reports);
        Assert.Equal(new LoadProgress(LoadPhase.Loading, 4 * count, 4 * count), progress.Reports[^1]);
    }

    [Fact]
    public void Load_VerifyWeights_RefusesNaN()
    {
        using var saved = new TinyCheckpoint(new ConfigFile());
        const string name = "model.norm.weight";
        saved.Replace(name, StoredTensor.Float32(name, [1, 2, 3, 4, 5, float.NaN, 7, 8], 8));
        saved.Save();
        using var backend = new RecordingBackend();

        var error = Assert.Throws<CheckpointException>(
            () => DecoderModel.Load(saved.Path, backend, Options with { VerifyWeights = true }));

        Assert.Contains($"'{name}' is not finite at row 0, column 5", error.Message, StringComparison.Ordinal);
        Assert.Empty(backend.Alive);
    }

    [Fact]
    public void Dispose_AfterLoad_LeavesNothingOnTheDevice()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile().With("attention_bias", "true")).Save();
        using var backend = new RecordingBackend();
        DecoderModel model = DecoderModel.Load(saved.Path, backend, Options);
        Assert.NotEmpty(backend.Alive);

        model.Dispose();

        Assert.Empty(backend.Alive);
        Assert.DoesNotContain("dispose", backend.Calls);
    }

    [Fact]
    public void Load_DeviceOutOfMemoryAnywhere_LeavesNothingOnTheDevice()
    {
        using TinyCheckpoint saved = new TinyCheckpoint(new ConfigFile()).Save();
        using var complete = new RecordingBackend();
        using DecoderModel model = DecoderModel.Load(saved.Path, complete, Options);
        for (int failAt = 0; failAt < complete.Alive.Count; failAt++)
        {
            using var backend = new RecordingBackend { FailAt = failAt };

            Assert.Throws<InsufficientMemoryException>(() => DecoderModel.Load(saved.Path, backend, Options));

            Assert.Empty(backend.Alive);
        }
    }

    private static ForwardBatch Batch()
    {
        var batch = new ForwardBatch(8, 2, 8);
        batch.Add([1, 2, 3, 4], 0, [0], 0, logitCount: 1);
        batch.Add([5], 17, [1], 1, logitCount: 1);
        return batch;
    }
}
