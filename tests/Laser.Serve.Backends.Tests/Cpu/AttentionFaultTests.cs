using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Cpu;

public class AttentionFaultTests
{
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 2, 2, 32, 0.2f);

    [Theory]
    [InlineData(float.NaN, SequenceFault.ValueOutOfRange)]
    [InlineData(float.NegativeInfinity, SequenceFault.ValueOutOfRange)]
    [InlineData(1048577f, SequenceFault.ValueOutOfRange)]
    [InlineData(1048576f, SequenceFault.None)]
    [InlineData(-1048576f, SequenceFault.None)]
    public void Attend_ValueAtTheEdge_FailsThatSequenceOnly(float value, SequenceFault expected)
    {
        AttentionSequence bad = AttentionSequence.Random(Spec, 50, 1, slot: 1);
        bad.Rows[40][^3] = value;
        AttentionSequence good = AttentionSequence.Random(Spec, 50, 2, slot: 2);
        AttentionSequence alone = good.Fresh();
        using AttentionRig rig = new(AttentionRig.Layout(Spec, DataType.BFloat16));
        rig.Step((bad, 50), (good, 50));
        rig.Step((alone, 50));

        Assert.Equal(expected, bad.Fault);
        Assert.Equal(SequenceFault.None, good.Fault);
        Assert.Equal(expected != SequenceFault.None, bad.Results.All(row => row.All(x => x == 0)));
        Assert.All(good.Results.Zip(alone.Results), pair => Assert.Equal(pair.First, pair.Second));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    public void Attend_QueryOrKeyNotFinite_FailsThatSequenceOnly(int column)
    {
        AttentionSequence bad = AttentionSequence.Random(Spec, 50, 1, slot: 1);
        bad.Rows[33][column] = float.NaN;
        AttentionSequence good = AttentionSequence.Random(Spec, 50, 2, slot: 2);
        using AttentionRig rig = new(AttentionRig.Layout(Spec, DataType.BFloat16));
        rig.Step((bad, 50), (good, 50));

        Assert.Equal(SequenceFault.NonFiniteOutput, bad.Fault);
        Assert.Equal(SequenceFault.None, good.Fault);
        Assert.All(bad.Results, row => Assert.All(row, x => Assert.Equal(0, x)));
    }

    [Fact]
    public void Attend_RawPagesUsedUp_FailsTheLaterSequence()
    {
        AttentionSequence first = RawSequence(1, slot: 1);
        AttentionSequence second = RawSequence(2, slot: 2);
        AttentionSequence third = RawSequence(3, slot: 3);
        KvCacheLayout layout = AttentionRig.Layout(Spec, DataType.BFloat16) with { RawPageCount = 3 };
        using AttentionRig rig = new(layout);
        rig.Step((first, 40), (second, 40));

        Assert.Equal(SequenceFault.None, first.Fault);
        Assert.Equal(SequenceFault.RawPoolExhausted, second.Fault);
        Assert.Equal(3, rig.Cache.Statistics.RawPagesUsed);

        rig.Release(first);
        rig.Release(second);
        Assert.Equal(0, rig.Cache.Statistics.RawPagesUsed);
        rig.Step((third, 40));
        Assert.Equal(SequenceFault.None, third.Fault);
    }

    [Fact]
    public void Attend_ContinuedInAnotherSlot_Throws()
    {
        AttentionSequence sequence = AttentionSequence.Random(Spec, 50, 1, slot: 1);
        using AttentionRig rig = new(AttentionRig.Layout(Spec, DataType.BFloat16));
        rig.Step((sequence, 10));
        AttentionSequence moved = sequence.Fresh(slot: 2);
        moved.Position = 10;
        moved.Blocks.AddRange(sequence.Blocks);

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => rig.Step((moved, 1)));
        Assert.Contains("open slot 2", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(256)]
    public void Attend_BlockOutsideThePool_Throws(int block)
    {
        AttentionSequence sequence = AttentionSequence.Random(Spec, 5, 1);
        sequence.Blocks.Add(block);
        using AttentionRig rig = new(AttentionRig.Layout(Spec, DataType.BFloat16));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => rig.Step((sequence, 5)));
        Assert.Contains($"Block {block} ", exception.Message, StringComparison.Ordinal);
    }

    private static AttentionSequence RawSequence(int seed, int slot) =>
        AttentionSequence.Random(Spec, 40, seed, slot, (token, x) => token == 5 ? x + 1000 : x);
}
