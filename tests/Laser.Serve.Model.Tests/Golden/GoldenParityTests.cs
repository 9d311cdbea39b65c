using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>
/// The whole model against an independent implementation in double precision, and against itself: how tokens are cut
/// into steps, and what runs beside them, must not change a bit.
/// </summary>
public sealed class GoldenParityTests
{
    // Of the range of the logits. The reference loses up to 1e-5 of it when it is run in fp32; measured here: 3e-6.
    private const double Tolerance = 2e-5;

    /// <summary>Backend and case.</summary>
    public static TheoryData<string, string> Cases => TestBackends.With(GoldenCase.Names);

    /// <summary>The same, for tests of many steps.</summary>
    public static TheoryData<string, string> CasesOfManySteps =>
        TestBackends.With(GoldenCase.Names, emulated: ["qknorm-hd128-bf16", "wide-values"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_WholeSequence_GivesTheReferencesLogits(string backend, string name)
    {
        GoldenCase golden = GoldenCase.Load(name);

        float[] logits = RunAlone(backend, golden, ModelConfig.Load(golden.Folder), golden.Tokens, chunk: int.MaxValue);

        Assert.InRange(LargestError(golden.Logits, logits), 0, Tolerance);
    }

    [Fact]
    public void Forward_OtherAttentionVariant_IsFarFromTheReference()
    {
        GoldenCase golden = GoldenCase.Load("gqa-hd48-f32");
        ModelConfig config = ModelConfig.Load(golden.Folder);
        ModelConfig softmax = config with { Attention = config.Attention with { Variant = AttentionVariant.Softmax } };

        float[] logits = RunAlone(TestBackends.Cpu, golden, softmax, golden.Tokens, chunk: int.MaxValue);

        Assert.True(LargestError(golden.Logits, logits) > 100 * Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_MostLikelyTokenEachStep_IsTheReferencesText(string backend, string name)
    {
        GoldenCase golden = GoldenCase.Load(name);
        ModelConfig config = ModelConfig.Load(golden.Folder);
        using var session = new ModelSession(golden.Folder, config, sequences: 1, golden.Prompt.Count, TestBackends.Create(backend));
        var text = new List<int>();

        float[] logits = session.Step((0, [.. golden.Prompt]));
        while (text.Count < golden.Greedy.Count)
        {
            text.Add(MostLikely(logits.AsSpan(logits.Length - config.VocabularySize)));
            logits = session.Step((0, [text[^1]]));
        }

        Assert.Equal(golden.Greedy, text);
    }

    [Theory]
    [MemberData(nameof(CasesOfManySteps))]
    public void Forward_InChunks_GivesTheSameBits(string backend, string name)
    {
        GoldenCase golden = GoldenCase.Load(name);
        ModelConfig config = ModelConfig.Load(golden.Folder);

        float[] whole = RunAlone(backend, golden, config, golden.Tokens, chunk: int.MaxValue);

        foreach (int chunk in new[] { 1, 7, 32, 33 })
        {
            AssertSameBits(whole, RunAlone(backend, golden, config, golden.Tokens, chunk), $"chunks of {chunk}");
        }
    }

    [Theory]
    [MemberData(nameof(CasesOfManySteps))]
    public void Forward_BesideFifteenOthers_GivesTheSameBits(string backend, string name)
    {
        const int count = 16;
        GoldenCase golden = GoldenCase.Load(name);
        ModelConfig config = ModelConfig.Load(golden.Folder);
        int[][] texts = [.. Enumerable.Range(0, count).Select(i => Variation(golden.Tokens, i))];

        float[][] together = RunTogether(backend, golden, config, texts);

        for (int i = 0; i < count; i++)
        {
            AssertSameBits(RunAlone(backend, golden, config, texts[i], chunk: int.MaxValue), together[i], $"sequence {i}");
        }
    }

    // Another text of another length, from the same tokens.
    private static int[] Variation(int[] tokens, int number)
    {
        int length = tokens.Length - (number * 10);
        return [.. tokens.Skip(number).Concat(tokens).Take(length)];
    }

    private static float[] RunAlone(string backend, GoldenCase golden, ModelConfig config, int[] tokens, int chunk)
    {
        using var session = new ModelSession(golden.Folder, config, sequences: 1, Math.Min(chunk, tokens.Length), TestBackends.Create(backend));
        return [.. tokens.Chunk(chunk).SelectMany(part => session.Step((0, part)))];
    }

    // Sequence i begins at step i and takes i + 1 tokens a step, so that prompts of all ages and single tokens meet.
    private static float[][] RunTogether(string backend, GoldenCase golden, ModelConfig config, int[][] texts)
    {
        int maxTokens = texts.Length * (texts.Length + 1) / 2;
        using var session = new ModelSession(golden.Folder, config, texts.Length, maxTokens, TestBackends.Create(backend));
        List<float>[] logits = [.. texts.Select(_ => new List<float>())];
        int total = texts.Sum(text => text.Length);
        for (int step = 0; session.TokenCount < total; step++)
        {
            (int Sequence, int[] Tokens)[] parts =
            [
                .. Enumerable.Range(0, Math.Min(step + 1, texts.Length))
                    .Select(i => (Sequence: i, Tokens: texts[i].Skip(session.LengthOf(i)).Take(i + 1).ToArray()))
                    .Where(part => part.Tokens.Length > 0),
            ];
            float[] rows = session.Step(parts);
            int taken = 0;
            foreach ((int sequence, int[] tokens) in parts)
            {
                int size = tokens.Length * config.VocabularySize;
                logits[sequence].AddRange(rows.AsSpan(taken, size));
                taken += size;
            }
        }

        return [.. logits.Select(rows => rows.ToArray())];
    }

    private static double LargestError(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.DoesNotContain(actual, float.IsNaN);
        double range = (double)expected.Max() - expected.Min();
        return expected.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max() / range;
    }

    private static int MostLikely(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }

    private static void AssertSameBits(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        int differing = expected.Zip(actual).Count(
            pair => BitConverter.SingleToInt32Bits(pair.First) != BitConverter.SingleToInt32Bits(pair.Second));
        Assert.True(differing == 0, $"{what}: {differing} of {expected.Length} logits differ");
    }
}
