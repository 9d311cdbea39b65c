using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>F1 and F2, and Z1 by way of the flushing subject: random scales over several decades.</summary>
public sealed class FuzzTests
{
    // On an emulated device every fourth case.
    private const int EmulatedStride = 4;

    private static readonly AttentionProblem[] Independent = [.. FuzzProblems.Independent(400)];
    private static readonly AttentionProblem[] AntiCorrelated = [.. FuzzProblems.AntiCorrelated(300)];

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_IndependentScores_StaysWithinBound(string subject, DataType type, int blockSize)
    {
        (long raw, long wide) = RunAll(Independent, subject, type, blockSize);
        if (subject != BackendsUnderTest.Reference)
        {
            // P5: the cases reach the rare paths. fp16 blocks are raw before they are wide.
            Assert.True(raw > 0);
            Assert.Equal(type != DataType.Float16, wide > 0);
        }
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_ScoresAgainstValues_StaysWithinBound(string subject, DataType type, int blockSize) =>
        RunAll(AntiCorrelated, subject, type, blockSize);

    private static (long Raw, long Wide) RunAll(
        AttentionProblem[] problems, string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        long raw = 0;
        long wide = 0;
        int stride = BackendsUnderTest.IsEmulated(subject) ? EmulatedStride : 1;
        foreach (AttentionProblem problem in problems.Where((_, i) => i % stride == 0))
        {
            AttentionRun run = attention.Run(problem, type, blockSize);
            run.AssertWithin(problem, Bounds.Attention(type, blockSize, problem.LargestScore));
            raw += run.Statistics.RawBlocks;
            wide += run.Statistics.WideBlocks;
        }

        return (raw, wide);
    }
}
