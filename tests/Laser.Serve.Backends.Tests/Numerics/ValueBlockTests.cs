using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>U2, U3 on the scalar block and U4 on every subject: what a block holds, and when it is raw.</summary>
public sealed class ValueBlockTests
{
    private const int Rows = 64;
    private const int Channels = 128;

    // U2 and U3 in one: u after all rescales is what rounding once under the final shift gives.
    [Theory]
    [InlineData(DataType.Float32, 3)]
    [InlineData(DataType.BFloat16, 3)]
    [InlineData(DataType.Float16, 1)]
    public void Append_RowByRow_EqualsRoundingOnceUnderTheFinalShift(DataType type, double deviation)
    {
        float[] values = new DeterministicRandom(42).Gaussians(Rows * Channels, deviation);
        var block = new ReferenceValueBlock(
            new ReferenceValueCacheOptions { Type = type, BlockSize = Rows, Channels = Channels });
        int rescales = 0;
        for (int t = 0; t < Rows; t++)
        {
            int[] before = block.Shifts.ToArray();
            block.Append(values.AsSpan(t * Channels, Channels));
            rescales += t == 0 ? 0 : before.Where((k, j) => k != block.Shifts[j]).Count();
        }

        ValueCacheFormat format = ValueCacheFormat.For(type);
        double smallestNormal = Math.ScaleB(1, type == DataType.Float16 ? -14 : -126);
        Assert.True(rescales > 100);
        Assert.False(block.IsRaw);
        for (int i = 0; i < values.Length; i++)
        {
            (int n, float r) = ValueSplit.Split(values[i], type);
            double once = Math.ScaleB(r, n - block.Shifts[i % Channels] + format.Headroom);
            Assert.Equal(once, block.Shifted[i]);
            Assert.InRange(once, smallestNormal, Math.ScaleB(1, format.Headroom));
        }
    }

    [Theory]
    [MemberData(nameof(Subjects.WithValueCache), MemberType = typeof(Subjects))]
    public void Attend_SpreadAtTheLimit_IsNotRaw(string subject, DataType type, int blockSize)
    {
        int limit = ValueCacheFormat.For(type).Limit;
        KvCacheStatistics statistics = RunBlock(subject, type, blockSize, 0, limit - 1);
        Assert.Equal((1, 0, limit), (statistics.SealedBlocks, statistics.RawBlocks, statistics.LargestSpreadBits));
    }

    [Theory]
    [MemberData(nameof(Subjects.WithValueCache), MemberType = typeof(Subjects))]
    public void Attend_SpreadAboveTheLimit_IsRaw(string subject, DataType type, int blockSize)
    {
        KvCacheStatistics statistics = RunBlock(subject, type, blockSize, 0, ValueCacheFormat.For(type).Limit);
        Assert.Equal((1, 1), (statistics.SealedBlocks, statistics.RawBlocks));
    }

    [Theory]
    [MemberData(nameof(Subjects.WithValueCache), MemberType = typeof(Subjects))]
    public void Attend_ShiftBeyondInt16_IsRaw(string subject, DataType type, int blockSize)
    {
        // k = n + 1.
        Assert.Equal(0, RunBlock(subject, type, blockSize, 32766, 32766).RawBlocks);
        Assert.Equal(1, RunBlock(subject, type, blockSize, 32767, 32767).RawBlocks);
        Assert.Equal(0, RunBlock(subject, type, blockSize, -32768, -32768).RawBlocks);
        Assert.Equal(1, RunBlock(subject, type, blockSize, -32769, -32769).RawBlocks);
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_LargestValueThereIs_IsExact(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        foreach (float value in (float[])[ValueCacheFormat.LargestValue, -ValueCacheFormat.LargestValue])
        {
            var problem = new AttentionProblem($"v = {value}", 3, 16, 1);
            problem.Values.AsSpan().Fill(value);
            attention.Run(problem, type, blockSize).AssertWithin(problem, 0);
        }
    }

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_ValueOutOfRange_IsAFault(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        float beyond = MathF.BitIncrement(ValueCacheFormat.LargestValue);
        foreach (float value in (float[])[beyond, -beyond, float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            var problem = new AttentionProblem($"v = {value}", 3, 16, 1);
            problem.Values[20] = value;
            Assert.Equal(SequenceFault.ValueOutOfRange, attention.Run(problem, type, blockSize).Fault);
        }
    }

    // One full block of values (n + 1/2) ln 2, with n = low but for one row of n = high; also checks the result.
    private static KvCacheStatistics RunBlock(string subject, DataType type, int blockSize, int low, int high)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        var problem = new AttentionProblem($"n = {low}, {high}", blockSize, 16, 1);
        for (int t = 0; t < blockSize; t++)
        {
            problem.SetValue(t, ((t == 3 ? high : low) + 0.5) * Math.Log(2));
        }

        AttentionRun run = attention.Run(problem, type, blockSize);
        run.AssertWithin(problem, Bounds.Attention(type, blockSize, 0));
        return run.Statistics;
    }
}
