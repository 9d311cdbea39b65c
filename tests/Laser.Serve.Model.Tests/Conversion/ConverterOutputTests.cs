using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Conversion;
using Laser.Serve.Model.Tests.Checkpoints;

namespace Laser.Serve.Model.Tests.Conversion;

/// <summary>At the target there is nothing, what was there before, or a whole checkpoint.</summary>
public sealed class ConverterOutputTests
{
    private const string Gqa = "rms-swiglu-gqa-f32";

    [Fact]
    public void Convert_TargetExists_IsRefusedAndKept()
    {
        using var source = new SourceFolder(Gqa);
        Directory.CreateDirectory(source.Target);
        File.WriteAllText(Path.Combine(source.Target, "config.json"), "mine");

        var error = Assert.Throws<CheckpointException>(() => XTransformersConverter.Convert(source.Request));

        Assert.Contains("exists already", error.Message);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(source.Target, "config.json")));
        AssertNothingElse(source);
    }

    [Fact]
    public void Convert_OverwriteOfACheckpoint_ReplacesAllOfIt()
    {
        using var source = new SourceFolder(Gqa);
        Directory.CreateDirectory(source.Target);
        File.WriteAllText(Path.Combine(source.Target, "config.json"), "old");
        File.WriteAllText(Path.Combine(source.Target, "stale.txt"), "old");

        XTransformersConverter.Convert(source.Request with { Overwrite = true });

        Assert.Equal(
            ["config.json", "model.safetensors"],
            Directory.GetFiles(source.Target).Select(file => Path.GetFileName(file)).Order());
        AssertNothingElse(source);
    }

    [Fact]
    public void Convert_OverwriteOfSomethingElse_IsRefusedAndKept()
    {
        using var source = new SourceFolder(Gqa);
        Directory.CreateDirectory(source.Target);
        File.WriteAllText(Path.Combine(source.Target, "thesis.txt"), "years");

        var error = Assert.Throws<CheckpointException>(
            () => XTransformersConverter.Convert(source.Request with { Overwrite = true }));

        Assert.Contains("what is not a checkpoint is not replaced", error.Message);
        Assert.True(File.Exists(Path.Combine(source.Target, "thesis.txt")));
        AssertNothingElse(source);
    }

    [Theory]
    [InlineData("source")]
    [InlineData("")]
    [InlineData("source/")]
    public void Convert_TargetHoldsTheSource_IsRefused(string target)
    {
        using var source = new SourceFolder(Gqa);
        ConversionRequest request = source.Request with
        {
            Target = Path.Combine(source.Parent, target),
            Overwrite = true,
        };

        var error = Assert.Throws<CheckpointException>(() => XTransformersConverter.Convert(request));

        Assert.Contains("holds the source", error.Message);
        Assert.True(File.Exists(Path.Combine(source.Path, "model.safetensors")));
    }

    [Fact]
    public void Convert_TargetInNoFolder_IsRefused()
    {
        using var source = new SourceFolder(Gqa);
        ConversionRequest request = source.Request with { Target = Path.Combine(source.Target, "deeper") };

        var error = Assert.Throws<CheckpointException>(() => XTransformersConverter.Convert(request));

        Assert.Contains("the folder it is to lie in does not exist", error.Message);
    }

    [Fact]
    public void Convert_CancelledWhileWriting_LeavesNothing()
    {
        using var source = new SourceFolder(Gqa);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(
            () => XTransformersConverter.Convert(source.Request, cancellation.Token));

        Assert.Equal([source.Path], Directory.GetFileSystemEntries(source.Parent));
    }

    [Fact]
    public void Convert_FailsWhileReplacing_KeepsWhatWasThere()
    {
        using var source = new SourceFolder(Gqa);
        XTransformersConverter.Convert(source.Request);
        byte[] before = File.ReadAllBytes(Path.Combine(source.Target, "model.safetensors"));

        Assert.Throws<CheckpointException>(() => XTransformersConverter.Convert(
            source.Request with { Overwrite = true, Tokenizer = source.Path }));

        Assert.Equal(before, File.ReadAllBytes(Path.Combine(source.Target, "model.safetensors")));
        AssertNothingElse(source);
    }

    [Fact]
    public void Convert_Tokenizer_IsCopied()
    {
        using var source = new SourceFolder(Gqa);
        using var tokenizer = new TemporaryFolder();
        tokenizer.Write("tokenizer.json", "{}");
        tokenizer.Write("tokenizer_config.json", "{ }");
        tokenizer.Write("README.md", "no");

        ConversionResult result = XTransformersConverter.Convert(source.Request with { Tokenizer = tokenizer.Path });

        Assert.True(result.HasTokenizer);
        Assert.Equal("{}", File.ReadAllText(Path.Combine(source.Target, "tokenizer.json")));
        Assert.Equal("{ }", File.ReadAllText(Path.Combine(source.Target, "tokenizer_config.json")));
        Assert.False(File.Exists(Path.Combine(source.Target, "README.md")));
    }

    [Fact]
    public void Convert_NoTokenizer_SaysSo()
    {
        using var source = new SourceFolder(Gqa);

        Assert.False(XTransformersConverter.Convert(source.Request).HasTokenizer);
    }

    [Fact]
    public void Convert_Result_TellsWhatWasWritten()
    {
        using var source = new SourceFolder("layernorm-gelu-tied-bf16");

        ConversionResult result = XTransformersConverter.Convert(source.Request);

        List<StoredTensor> written = SourceFolder.ReadTensors(Path.Combine(source.Target, "model.safetensors"));
        Assert.Equal(written.Count, result.TensorCount);
        Assert.Equal(new FileInfo(Path.Combine(source.Target, "model.safetensors")).Length, result.ByteSize);
        Assert.Equal([0], result.Config.EosTokenIds);
        Assert.Null(result.Config.BosTokenId);
        Assert.False(result.Config.TieWordEmbeddings);
        Assert.Equal("BF16", written.Single(tensor => tensor.Name == "lm_head.weight").ElementType);
        Assert.Equal("F32", written.Single(tensor => tensor.Name == "model.embed_tokens.weight").ElementType);
    }

    // The embedding alone takes 8 MB, twice that where it is read twice.
    [Fact]
    public void Convert_LargeTensor_IsNotHeldInMemory()
    {
        const int tokens = 62_500;
        using var source = new SourceFolder(Gqa);
        source.Description["TransformerWrapper"]!["num_tokens"] = tokens;
        source.Tensors.RemoveAll(tensor => tensor.Name is "token_emb.emb.weight" or "to_logits.weight");
        source.Tensors.Add(StoredTensor.Float32("token_emb.emb.weight", new float[tokens * 32], tokens, 32));
        source.Tensors.Add(StoredTensor.Float32("to_logits.weight", new float[tokens * 32], tokens, 32));
        source.Save();

        long before = GC.GetAllocatedBytesForCurrentThread();
        ConversionResult result = XTransformersConverter.Convert(source.Request);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(result.ByteSize > 16_000_000);
        Assert.InRange(allocated, 0, 3_000_000);
    }

    [Fact]
    public void RotaryPart_AnyDimensions_GiveThemBack()
    {
        for (int headDim = 4; headDim <= 512; headDim++)
        {
            for (int rotaryDim = 4; rotaryDim <= headDim; rotaryDim += 2)
            {
                Assert.Equal(rotaryDim, (int)(headDim * HuggingFaceConfig.RotaryPart(rotaryDim, headDim)));
            }
        }
    }

    private static void AssertNothingElse(SourceFolder source) =>
        Assert.Equal([source.Path, source.Target], Directory.GetFileSystemEntries(source.Parent).Order());
}
