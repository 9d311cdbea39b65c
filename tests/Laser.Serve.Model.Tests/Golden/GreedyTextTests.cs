using Laser.Serve.Compute;
using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>
/// The bundled model on CUDA against the processor in fp32: texts that both continue by themselves, the likeliest token each step.
/// </summary>
public sealed class GreedyTextTests
{
    private const double LargestDivergence = 1e-3;

    // Of logits that span 15. Rounding of activations and cache to bf16 changes each by up to 0.1 (the processor's bf16 dot product, 20
    // texts of 256 tokens; 0.06 over the emulation), and so the difference of two by twice as much.
    private const double RoundingOfAGap = 0.2;

    private static readonly string Model = Path.Combine(AppContext.BaseDirectory, "models", "laser-tales-3m");

    /// <summary>Texts, and tokens of each.</summary>
    public static TheoryData<int, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, int>();
            if (TestedCuda.IsAvailable(out _))
            {
                sizes.Add(2, 8);
            }

            if (TestedCuda.IsReal)
            {
                sizes.Add(20, 256);
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Generate_InFp32_GivesTheProcessorsTokens(int texts, int tokens)
    {
        GreedyText[] expected = Expected(texts, tokens);

        GreedyText[] actual = Run(texts, tokens, TestBackends.Create(TestBackends.Cuda), DataType.Float32);

        // No two logits that were first and second in the 20 texts are nearer than 6e-4; the emulation's are off by 3e-5.
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Tokens, pair.Second.Tokens));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Generate_InBf16_PartsOnlyWhereTwoTokensAreNearlyAsLikely(int texts, int tokens)
    {
        GreedyText[] expected = Expected(texts, tokens);

        GreedyText[] actual = Run(texts, tokens, TestBackends.CreateRounding(TestBackends.Cuda), DataType.BFloat16);

        List<double> divergences = [];
        foreach ((GreedyText mine, GreedyText other) in expected.Zip(actual))
        {
            // Both read the same tokens up to the first one that differs.
            int common = mine.Tokens.Zip(other.Tokens).TakeWhile(pair => pair.First == pair.Second).Count();
            divergences.AddRange(Enumerable.Range(0, Math.Min(common + 1, tokens)).Select(i => Divergence(mine.Logits[i], other.Logits[i])));
            if (common < tokens)
            {
                float[] logits = mine.Logits[common];
                Assert.InRange(logits[mine.Tokens[common]] - logits[other.Tokens[common]], 0, RoundingOfAGap);
            }
        }

        Assert.InRange(divergences.Average(), 0, LargestDivergence);
    }

    private static GreedyText[] Expected(int texts, int tokens) => Run(texts, tokens, TestBackends.Create(), DataType.Float32);

    private static GreedyText[] Run(int texts, int tokens, IBackend backend, DataType cacheType) =>
        GreedyText.Generate(Model, Openings.Tokens(Model, texts), tokens, backend, cacheType);

    // Kullback and Leibler's, in nats, of what is likely next.
    private static double Divergence(float[] expected, float[] actual)
    {
        (double sum, double otherSum) = (LogOfSum(expected), LogOfSum(actual));
        return expected.Zip(actual, (e, a) => Math.Exp(e - sum) * (e - sum - (a - otherSum))).Sum();
    }

    private static double LogOfSum(float[] logits)
    {
        double most = logits.Max();
        return most + Math.Log(logits.Sum(x => Math.Exp(x - most)));
    }
}
