namespace Laser.Serve.Model.Tests.Golden;

/// <summary>
/// Checkpoints in bf16 the way they are served by default: on a processor with a bf16 dot product, activations are
/// rounded to bf16 (relative 2^-9) ahead of each linear map. What a map makes of rounded inputs is tested to the last
/// places elsewhere; this is how far the whole model is from one that does not round, and that batches change no bit
/// here either.
/// </summary>
public sealed class RoundedActivationTests
{
    // Of the range of the logits, at the worst of all of them; measured: 9e-3, 1.1e-2 and 1.7e-2.
    private const double Tolerance = 3e-2;

    /// <summary>Backend and case.</summary>
    public static TheoryData<string, string> Cases =>
        TestBackends.With(GoldenCase.Names.Where(name => name.Contains("bf16", StringComparison.Ordinal)));

    /// <summary>The same, for tests of many steps.</summary>
    public static TheoryData<string, string> CasesOfManySteps => TestBackends.With(
        GoldenCase.Names.Where(name => name.Contains("bf16", StringComparison.Ordinal)), emulated: ["qknorm-hd128-bf16"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_WholeSequence_IsNearTheReference(string backend, string name)
    {
        GoldenCase golden = GoldenCase.Load(name);

        float[] logits = Run(backend, golden, int.MaxValue);

        Assert.DoesNotContain(logits, float.IsNaN);
        double range = (double)golden.Logits.Max() - golden.Logits.Min();
        Assert.InRange(golden.Logits.Zip(logits, (e, a) => Math.Abs((double)e - a)).Max() / range, 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(CasesOfManySteps))]
    public void Forward_InChunks_GivesTheSameBits(string backend, string name)
    {
        GoldenCase golden = GoldenCase.Load(name);
        float[] whole = Run(backend, golden, int.MaxValue);
        foreach (int chunk in (int[])[1, 7, 33])
        {
            Assert.Equal(whole, Run(backend, golden, chunk));
        }
    }

    private static float[] Run(string backend, GoldenCase golden, int chunk)
    {
        using var session = new ModelSession(
            golden.Folder, ModelConfig.Load(golden.Folder), 1, Math.Min(chunk, golden.Tokens.Length),
            TestBackends.CreateRounding(backend));
        return [.. golden.Tokens.Chunk(chunk).SelectMany(part => session.Step((0, part)))];
    }
}
