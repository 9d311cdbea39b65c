using System.Runtime.InteropServices;
using Laser.Serve.Model.Conversion;
using Laser.Serve.Model.Tests.Checkpoints;
using Laser.Serve.Model.Tests.Golden;

namespace Laser.Serve.Model.Tests.Conversion;

/// <summary>
/// Converted checkpoints against an independent implementation of x-transformers in double precision, over the
/// weights as that package stores them. Every trap of the conversion, walked into, must be noticed.
/// </summary>
public sealed class ConversionParityTests
{
    // As in GoldenParityTests, of the range of the logits.
    private const double Tolerance = 2e-5;

    private const string Gqa = "rms-swiglu-gqa-f32";
    private const int Heads = 4;
    private const int HeadDim = 16;
    private const int RotaryDim = 8;

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(SourceFolder.Root).Select(folder => Path.GetFileName(folder)).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Convert_ThenForward_GivesTheReferencesLogits(string name)
    {
        using var source = new SourceFolder(name);

        ModelConfig config = XTransformersConverter.Convert(source.Request).Config;

        Assert.InRange(Error(source, config), 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Convert_ThenMostLikelyTokenEachStep_IsTheReferencesText(string name)
    {
        using var source = new SourceFolder(name);
        var golden = GoldenCase.LoadFrom(source.Original);
        ModelConfig config = XTransformersConverter.Convert(source.Request).Config;
        using var session = new ModelSession(source.Target, config, sequences: 1, golden.Prompt.Count);
        var text = new List<int>();

        float[] logits = session.Step((0, [.. golden.Prompt]));
        while (text.Count < golden.Greedy.Count)
        {
            float[] last = logits[^config.VocabularySize..];
            text.Add(Array.IndexOf(last, last.Max()));
            logits = session.Step((0, [text[^1]]));
        }

        Assert.Equal(golden.Greedy, text);
    }

    [Fact]
    public void Forward_WithoutTheRotaryOrder_IsFarFromTheReference() =>
        AssertNoticed(Gqa, tensor => IsOf(tensor, "q_proj", "k_proj") ? MapRows(tensor, Paired) : tensor);

    [Fact]
    public void Forward_WithoutTheOrderOfHeads_IsFarFromTheReference() =>
        AssertNoticed(Gqa, tensor => IsOf(tensor, "q_proj") ? MapRows(tensor, InterleavedHead) : tensor);

    [Fact]
    public void Forward_WithoutTheOrderOfOutputs_IsFarFromTheReference() =>
        AssertNoticed(Gqa, tensor => IsOf(tensor, "o_proj") ? MapColumns(tensor, InterleavedHead) : tensor);

    [Fact]
    public void Forward_WithoutTheOffsetOfGains_IsFarFromTheReference() =>
        AssertNoticed(Gqa, tensor => IsOf(tensor, "norm") ? Map(tensor, gain => gain - 1) : tensor);

    [Fact]
    public void Forward_WithGateAndUpSwapped_IsFarFromTheReference() => AssertNoticed(Gqa, tensor => tensor with
    {
        Name = IsOf(tensor, "gate_proj")
            ? tensor.Name.Replace("gate_proj", "up_proj")
            : tensor.Name.Replace("up_proj", "gate_proj"),
    });

    [Fact]
    public void Forward_WithoutBias_IsFarFromTheReference() =>
        AssertNoticed(Gqa, tensor => IsOf(tensor, "down_proj.bias") ? Map(tensor, _ => 0) : tensor);

    // The embedding as it was, not centered: its mean would have to be taken off by a layer norm.
    [Fact]
    public void Forward_LayerNormNotFolded_IsFarFromTheReference() => AssertNoticed(
        "layernorm-gelu-tied-bf16",
        tensor => IsOf(tensor, "embed_tokens") ? Map(tensor, value => value + 0.2f) : tensor);

    [Fact]
    public void Forward_WithoutSoftclamp_IsFarFromTheReference()
    {
        using var source = new SourceFolder(Gqa);
        ModelConfig config = XTransformersConverter.Convert(source.Request).Config;
        Assert.Equal(15f, config.Attention.ValueSoftclamp);
        Assert.Equal(1e-20f, config.Attention.LogFloor);

        ModelConfig plain = config with { Attention = config.Attention with { ValueSoftclamp = null } };

        Assert.True(Error(source, plain) > 100 * Tolerance);
    }

    private static void AssertNoticed(string name, Func<StoredTensor, StoredTensor> mistake)
    {
        using var source = new SourceFolder(name);
        ModelConfig config = XTransformersConverter.Convert(source.Request).Config;
        double correct = Error(source, config);

        source.ChangeResult(mistake);

        Assert.InRange(correct, 0, Tolerance);
        Assert.True(Error(source, config) > 100 * Tolerance);
    }

    private static double Error(SourceFolder source, ModelConfig config)
    {
        var golden = GoldenCase.LoadFrom(source.Original);
        using var session = new ModelSession(source.Target, config, sequences: 1, golden.Tokens.Length);
        float[] logits = session.Step((0, golden.Tokens));
        Assert.Equal(golden.Logits.Length, logits.Length);
        Assert.DoesNotContain(logits, float.IsNaN);
        double range = (double)golden.Logits.Max() - golden.Logits.Min();
        return golden.Logits.Zip(logits, (e, a) => Math.Abs((double)e - a)).Max() / range;
    }

    private static bool IsOf(StoredTensor tensor, params string[] parts) =>
        parts.Any(part => tensor.Name.Contains(part, StringComparison.Ordinal));

    // Undoes the conversion's order: row 2i of a head is what the converter wrote into row i.
    private static int Paired(int row)
    {
        int channel = row % HeadDim;
        int stored = channel < RotaryDim ? (channel / 2) + (channel % 2 * RotaryDim / 2) : channel;
        return row - channel + stored;
    }

    // Two kv heads: heads 0, 2, 1, 3 of theirs are 0, 1, 2, 3 of ours, and so the other way round.
    private static int InterleavedHead(int channel)
    {
        (int head, int within) = Math.DivRem(channel, HeadDim);
        int[] order = [0, 2, 1, 3];
        Assert.Equal(Heads, order.Length);
        return (order[head] * HeadDim) + within;
    }

    private static StoredTensor MapRows(StoredTensor tensor, Func<int, int> rowOf)
    {
        int columns = tensor.Shape[1];
        float[] values = Values(tensor);
        return StoredTensor.Float32(
            tensor.Name,
            [.. values.Select((_, i) => values[(rowOf(i / columns) * columns) + (i % columns)])],
            tensor.Shape);
    }

    private static StoredTensor MapColumns(StoredTensor tensor, Func<int, int> columnOf)
    {
        int columns = tensor.Shape[1];
        float[] values = Values(tensor);
        return StoredTensor.Float32(
            tensor.Name,
            [.. values.Select((_, i) => values[i - (i % columns) + columnOf(i % columns)])],
            tensor.Shape);
    }

    private static StoredTensor Map(StoredTensor tensor, Func<float, float> change) =>
        StoredTensor.Float32(tensor.Name, [.. Values(tensor).Select(change)], tensor.Shape);

    private static float[] Values(StoredTensor tensor)
    {
        Assert.Equal("F32", tensor.ElementType);
        return MemoryMarshal.Cast<byte, float>(tensor.Bytes).ToArray();
    }
}
