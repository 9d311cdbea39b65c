using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>A1 to A4, R1, R2, and Z1 by way of the flushing subject: inputs built to lose a token.</summary>
public sealed class AdversarialTests
{
    private static readonly double[] Gaps = [5, 12, 17, 20, 26, 30, 60, 92, 100, 104, 150, 170, 300, 800, 5000];
    private static readonly double[] WideGaps = [60, 80, 87, 95, 100, 105, 110, 120, 123];
    private static readonly double[] RampTops = [8, 20, 80, 110, 200, 1000];
    private static readonly double[] RampSteps = [1e-4, 1e-3, 1.9e-3, 4e-3, 1e-2];

    private static readonly AttentionProblem[] Tokens =
    [
        .. Gaps.Select(AdversarialProblems.SameBlock),
        .. Gaps.Select(AdversarialProblems.DifferentBlocks),
        .. Gaps.Select(AdversarialProblems.DistantBlocks),
        .. Gaps.Select(AdversarialProblems.TinyWeight),
        .. WideGaps.Select(AdversarialProblems.WideBlock),
    ];

    private static readonly AttentionProblem[] CausalRamps = [.. RampTops.Select(AdversarialProblems.CausalRamp)];
    private static readonly AttentionProblem[] SlowRamps =
        [.. RampSteps.Select(step => AdversarialProblems.SlowRamp(step))];

    // Stricter than BOUND, whose term for max|s| would be 1.3e-3 here: these scores are integers and subtract exactly.
    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_TokenEasilyLost_StaysWithinBound(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        Assert.All(Tokens, problem => attention.Run(problem, type, blockSize)
            .AssertWithin(problem, Bounds.Attention(type, blockSize, 1)));
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_CausalRamp_EveryRowStaysWithinBound(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        Assert.All(CausalRamps, problem => attention.Run(problem, type, blockSize)
            .AssertWithin(problem, Bounds.Attention(type, blockSize, problem.LargestScore)));
    }

    // R2: a shift that is no power of two stagnates here, by as much as 7.8.
    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_SlowRamp_KeepsTheOldestToken(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        Assert.All(SlowRamps, problem =>
        {
            AttentionRun run = attention.Run(problem, type, blockSize);
            run.AssertWithin(problem, Bounds.Attention(type, blockSize, 0));
            double oldest = run.Outputs.Take(problem.Channels).Max(Math.Abs);
            Assert.InRange(oldest, 0, Bounds.Storage(type));
        });
    }
}
