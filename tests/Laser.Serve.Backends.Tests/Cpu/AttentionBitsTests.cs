using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>A row has the same bits whatever else is in the step.</summary>
public class AttentionBitsTests
{
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 4, 2, 48, 0.3f);

    public static TheoryData<DataType, string, int> Cases()
    {
        TheoryData<DataType, string, int> data = [];
        foreach (DataType type in (DataType[])[DataType.Float32, DataType.BFloat16])
        {
            foreach (string values in (string[])["calm", "wide", "raw", "far raw"])
            {
                foreach (int chunk in (int[])[1, 7, 32, 33, 64])
                {
                    data.Add(type, values, chunk);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attend_InChunks_SameBitsAsAtOnce(DataType type, string values, int chunk)
    {
        AttentionSequence whole = MakeSequence(values, 3);
        AttentionSequence chunked = whole.Fresh();
        using AttentionRig rig = new(AttentionRig.Layout(Spec, type));
        rig.Prefill(whole, 1000);
        KvCacheStatistics before = rig.Cache.Statistics;
        using AttentionRig other = new(AttentionRig.Layout(Spec, type), threads: 1);
        other.Prefill(chunked, chunk);
        AssertSameBits(whole, chunked);
        Assert.Equal(before, other.Cache.Statistics);
        Assert.Equal(values == "wide", before.WideBlocks > 0);
        Assert.Equal(values.EndsWith("raw", StringComparison.Ordinal), before.RawBlocks > 0);
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void Attend_WithSevenOthers_SameBitsAsAlone(DataType type)
    {
        string[] kinds = ["calm", "wide", "raw", "far raw"];
        AttentionSequence[] alone = [.. Enumerable.Range(0, 8).Select(i => MakeSequence(kinds[i % 4], i))];
        AttentionSequence[] together = [.. alone.Select((sequence, i) => sequence.Fresh(slot: (i * 5) % 16))];
        foreach (AttentionSequence sequence in alone)
        {
            using AttentionRig rig = new(AttentionRig.Layout(Spec, type), threads: 1);
            rig.Prefill(sequence, 1000);
        }

        using AttentionRig shared = new(AttentionRig.Layout(Spec, type), threads: 3);
        Random random = new(5);
        while (together.Any(sequence => sequence.Position < sequence.Rows.Count))
        {
            AttentionSequence[] unfinished = [.. together.Where(x => x.Position < x.Rows.Count)];
            shared.Step([.. unfinished.Select(x => (x, Math.Min(random.Next(1, 40), x.Rows.Count - x.Position)))]);
        }

        for (int i = 0; i < alone.Length; i++)
        {
            AssertSameBits(alone[i], together[i]);
        }
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void Attend_HugeFutureValues_DoNotChangeEarlierRows(DataType type)
    {
        AttentionSequence calm = MakeSequence("calm", 9);
        List<float[]> rows = [.. calm.Rows.Select(row => (float[])row.Clone())];
        foreach (float[] row in rows.Skip(50))
        {
            row.AsSpan(Spec.QueryColumns + Spec.KvColumns).Fill(1e4f);
        }

        AttentionSequence disturbed = new(rows, 0);
        using AttentionRig rig = new(AttentionRig.Layout(Spec, type));
        rig.Prefill(calm, 1000);
        using AttentionRig other = new(AttentionRig.Layout(Spec, type));
        other.Prefill(disturbed, 1000);
        for (int row = 0; row < 50; row++)
        {
            Assert.Equal(Bits(calm.Results[row]), Bits(disturbed.Results[row]));
        }

        Assert.NotEqual(Bits(calm.Results[50]), Bits(disturbed.Results[50]));
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void Attend_SlotAndBlocksUsedBefore_SameBitsAsFresh(DataType type)
    {
        AttentionSequence first = MakeSequence("far raw", 11);
        AttentionSequence fresh = MakeSequence("calm", 12);
        AttentionSequence again = fresh.Fresh();
        using AttentionRig rig = new(AttentionRig.Layout(Spec, type));
        rig.Prefill(fresh, 20);
        using AttentionRig used = new(AttentionRig.Layout(Spec, type));
        used.Prefill(first, 30);
        used.Release(first);
        Assert.Equal(0, used.Cache.Statistics.RawPagesUsed);
        used.Prefill(again, 20);
        AssertSameBits(fresh, again);
    }

    private static AttentionSequence MakeSequence(string values, int seed) => AttentionSequence.Random(
        Spec,
        141,
        seed,
        value: (token, x) => (values, token) switch
        {
            ("wide", 45 or 46 or 100 or 130) => x + 85,
            ("raw", 20 or 71 or 135) => x - 500,
            ("far raw", 45 or 109) => x + 30000,
            ("far raw", 64) => x - 30000,
            _ => x,
        });

    private static void AssertSameBits(AttentionSequence expected, AttentionSequence actual)
    {
        Assert.Equal(SequenceFault.None, expected.Fault);
        Assert.Equal(SequenceFault.None, actual.Fault);
        for (int row = 0; row < expected.Results.Count; row++)
        {
            Assert.Equal(Bits(expected.Results[row]), Bits(actual.Results[row]));
        }
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
