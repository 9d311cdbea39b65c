using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>A-R, A-O, L1, C1, S1, and Z1 by way of the flushing subject: inputs as models have them.</summary>
public sealed class RealisticAccuracyTests
{
    private static readonly double[] Offsets = [0, 2, 5, 10, 20, 50];
    private static readonly AttentionProblem[] OffsetProblems = [.. Offsets.Select(RealisticProblems.Offset)];
    private static readonly AttentionProblem LongProblem = RealisticProblems.Long();
    private static readonly AttentionProblem Clamped = RealisticProblems.ClampedByCheckpoint();
    private static readonly AttentionProblem Spikes = RealisticProblems.SinkWithSpikes();

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_NineDistributions_StaysWithinRealisticBound(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        Assert.All(RealisticProblems.All, problem =>
            attention.Run(problem, type, blockSize).AssertWithin(problem, Bounds.Realistic(type)));
    }

    // The bound is the same for every offset: what is stored does not depend on the magnitude of v.
    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_ValuesAroundAnOffset_ErrorDoesNotGrowWithIt(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        double[] errors = [.. OffsetProblems.Select(p => attention.Run(p, type, blockSize).Error(p))];
        Assert.All(errors, error => Assert.InRange(error, 0, Bounds.Realistic(type)));
        Assert.InRange(errors[^1], 0, (2 * errors[0]) + Bounds.Storage(DataType.Float32));
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_VeryLongSequence_StaysWithinBound(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        double bound = type == DataType.Float32 ? 1e-6 : Bounds.Realistic(type);
        attention.Run(LongProblem, type, blockSize).AssertWithin(LongProblem, bound);
    }

    // C1. The bound of fp32 adds the fp32 evaluation of 15 tanh(v / 15): two last places of 15.
    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_SoftclampOfTheCheckpoint_NeedsNoRawBlock(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        AttentionRun run = attention.Run(Clamped, type, blockSize);
        run.AssertWithin(Clamped, Bounds.Realistic(type) + 2e-6);
        if (type != DataType.Float16)
        {
            Assert.Equal(0, run.Statistics.RawBlocks);
            Assert.Equal(0, run.Statistics.WideBlocks);
        }
    }

    // S1 and P5: each spike is in a block of its own, and each such block is raw in fp16.
    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(128)]
    public void Attend_SinkWithSpikesInFp16_KeepsFourRawBlocks(int blockSize)
    {
        using ScalarAttention attention = ScalarAttention.Create();
        AttentionRun run = attention.Run(Spikes, DataType.Float16, blockSize);
        run.AssertWithin(Spikes, 5e-4);
        Assert.Equal(4, run.Statistics.RawBlocks);
    }
}
