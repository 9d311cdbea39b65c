using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>A sequence fails alone, for the right reason, and leaves nothing behind.</summary>
public sealed class FaultTests
{
    private const int Block = 32;
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 4, 2, 16, 0.25f);
    private static readonly int FirstKey = Spec.QueryColumns;
    private static readonly int FirstValue = Spec.QueryColumns + Spec.KvColumns;

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Attend_ValueOutOfRange_FaultsThatSequenceOnly(string backend)
    {
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity, 2e6f, -2e6f])
        {
            AssertFaultsAlone(backend, FirstValue + 21, value, SequenceFault.ValueOutOfRange);
        }
    }

    // A softclamp would hide it, and ordinary attention could live with it; the projection is broken all the same.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Attend_ValueOutOfRangeInOtherVariants_FaultsThatSequenceOnly(string backend)
    {
        foreach (LaserAttentionSpec spec in (LaserAttentionSpec[])[
            Spec with { ValueSoftclamp = 15 }, Spec with { Variant = AttentionVariant.Softmax }])
        {
            AssertFaultsAlone(backend, FirstValue + 21, float.PositiveInfinity, SequenceFault.ValueOutOfRange, spec);
            AssertFaultsAlone(backend, FirstValue + 21, 2e6f, SequenceFault.ValueOutOfRange, spec);
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Attend_QueryOrKeyNotFinite_FaultsThatSequenceOnly(string backend)
    {
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            AssertFaultsAlone(backend, 5, value, SequenceFault.NonFiniteOutput);
            AssertFaultsAlone(backend, FirstKey + 21, value, SequenceFault.NonFiniteOutput);
        }
    }

    // Poisoned queries, keys, values, and all of them; what is left in the pages must never be read.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_BlocksAndSlotOfAFaultedSequence_AreCleanForTheNext(string backend, DataType type, int blockSize)
    {
        using AttentionSession session = CreateSession(backend, type, 0, blockSize);
        int tokens = blockSize + 9;
        var script = new ScriptedSequence(Spec, blockSize, tokens, 81);
        float[] fresh = session.Step(0, script.Rows(0, tokens, [0, 1], 0))[0].Output;
        foreach ((int from, int to) in ((int, int)[])[
            (0, FirstKey), (FirstKey, FirstValue), (FirstValue, Spec.QkvColumns), (0, Spec.QkvColumns)])
        {
            SequenceRows poisoned = new ScriptedSequence(Spec, blockSize, tokens, 82).Rows(0, tokens, [2, 3], 1);
            for (int row = 0; row < tokens; row++)
            {
                poisoned.Qkv.AsSpan((row * Spec.QkvColumns) + from, to - from).Fill(float.NaN);
            }

            Assert.NotEqual(SequenceFault.None, session.Step(0, poisoned)[0].Fault);
            session.Cache.ReleaseBlock(2);
            session.Cache.ReleaseBlock(3);
            for (int row = 0; row < tokens; row++)
            {
                (float[] output, SequenceFault fault) = session.Step(0, script.Rows(row, 1, [3, 2], 1))[0];
                Assert.Equal(SequenceFault.None, fault);
                Bits.AssertEqual(
                    fresh.AsSpan(row * Spec.QueryColumns, Spec.QueryColumns), output, $"row {row} after a fault");
            }
        }
    }

    [Theory]
    [MemberData(nameof(PooledCaches))]
    public void Attend_NoRawPageLeft_FaultsThatSequenceOnly(string backend, DataType type)
    {
        // A raw block takes a page per kv head: there is one too few for a second block.
        using AttentionSession session = CreateSession(backend, type, 3);
        (float[] calm, SequenceFault none) = session.Step(0, Calm(0))[0];
        Assert.Equal(SequenceFault.None, none);
        Assert.Equal(SequenceFault.None, session.Step(0, Raw(1))[0].Fault);
        Assert.Equal(2, session.Cache.Statistics.RawPagesUsed);

        var results = session.Step(0, Raw(2), Calm(3));
        Assert.Equal(SequenceFault.RawPoolExhausted, results[0].Fault);
        Assert.Equal(SequenceFault.None, results[1].Fault);
        Bits.AssertEqual(calm, results[1].Output, "beside a sequence without a raw page");
    }

    [Theory]
    [MemberData(nameof(PooledCaches))]
    public void ReleaseBlock_RawBlock_ReturnsItsPages(string backend, DataType type)
    {
        using AttentionSession session = CreateSession(backend, type, 3);
        float[] first = session.Step(0, Raw(1))[0].Output;
        Assert.Equal(SequenceFault.RawPoolExhausted, session.Step(0, Raw(2))[0].Fault);
        session.Cache.ReleaseBlock(2);
        Assert.Equal(2, session.Cache.Statistics.RawPagesUsed);

        session.Cache.ReleaseBlock(1);
        Assert.Equal(0, session.Cache.Statistics.RawPagesUsed);
        (float[] output, SequenceFault fault) = session.Step(0, Raw(2))[0];
        Assert.Equal(SequenceFault.None, fault);
        Bits.AssertEqual(first, output, "with a page that was returned");
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Attend_RawBlockInFp32_NeedsNoPage(string backend)
    {
        using AttentionSession session = CreateSession(backend, DataType.Float32, 0);
        Assert.Equal(SequenceFault.None, session.Step(0, Raw(1))[0].Fault);
        Assert.Equal(0, session.Cache.Statistics.RawPagesUsed);
    }

    /// <summary>Backends with a pool of raw pages, and the types that need it.</summary>
    public static TheoryData<string, DataType> PooledCaches
    {
        get
        {
            var caches = new TheoryData<string, DataType>();
            foreach ((string name, DataType[] types, _) in BackendsUnderTest.WithValueCache)
            {
                foreach (DataType type in types.Where(t => t != DataType.Float32))
                {
                    caches.Add(name, type);
                }
            }

            return caches;
        }
    }

    private static void AssertFaultsAlone(
        string backend, int column, float value, SequenceFault expected, LaserAttentionSpec? spec = null)
    {
        using AttentionSession session = CreateSession(backend, DataType.Float32, 0, spec: spec);
        ScriptedSequence[] scripts = [.. Enumerable.Range(0, 3).Select(
            i => new ScriptedSequence(Spec, Block, 40, 83 + (ulong)i))];
        SequenceRows[] rows = [.. scripts.Select((s, i) => s.Rows(0, 40, [2 * i, (2 * i) + 1], i))];
        var good = session.Step(0, rows);
        rows[1].Qkv[(35 * Spec.QkvColumns) + column] = value;
        var bad = session.Step(0, rows);
        Assert.Equal([SequenceFault.None, expected, SequenceFault.None], bad.Select(r => r.Fault));
        Bits.AssertEqual(good[0].Output, bad[0].Output, $"the sequence before one with {value}");
        Bits.AssertEqual(good[2].Output, bad[2].Output, $"the sequence behind one with {value}");
    }

    // One full block; block id and slot are the same number.
    private static SequenceRows Calm(int block) =>
        new ScriptedSequence(Spec, Block, Block, 86).Rows(0, Block, [block], block);

    private static SequenceRows Raw(int block)
    {
        SequenceRows rows = Calm(block);
        for (int j = FirstValue; j < Spec.QkvColumns; j++)
        {
            rows.Qkv[(9 * Spec.QkvColumns) + j] = -500;
        }

        return rows;
    }

    private static AttentionSession CreateSession(
        string backend, DataType type, int rawPages, int blockSize = Block, LaserAttentionSpec? spec = null) =>
        new(BackendsUnderTest.Create(backend), new KvCacheLayout
        {
            Attention = spec ?? Spec,
            LayerCount = 1,
            BlockSize = blockSize,
            BlockCount = 8,
            OpenSlotCount = 4,
            RawPageCount = rawPages,
            ValueType = type,
        }, ownsBackend: true);
}
