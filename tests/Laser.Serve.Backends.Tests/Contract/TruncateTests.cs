using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>
/// A sequence whose last rows were taken back has the bits of one that never had them: in blocks that are calm, wide or
/// raw, and where the rows taken back are what made a block wide or raw, or its k large.
/// </summary>
public sealed class TruncateTests
{
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 4, 2, 20, 0.3f);

    // 400 and -400 nats turn a block raw in every type and 90 wide; 30 only let k grow, -30 nMin.
    private static readonly float[] Offsets = [400, 90, 30, 0, -30, -90, -400];

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Truncate_AnyRow_ContinuesAsIfTheRowsHadNeverBeen(string backend, DataType type, int blockSize)
    {
        AssertContinues(backend, type, blockSize, Spec);
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Truncate_Softmax_ContinuesAsIfTheRowsHadNeverBeen(string backend)
    {
        AssertContinues(backend, DataType.Float32, 16, Spec with { Variant = AttentionVariant.Softmax });
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Truncate_Softclamp_ContinuesAsIfTheRowsHadNeverBeen(string backend)
    {
        AssertContinues(backend, DataType.Float32, 16, Spec with { ValueSoftclamp = 60 });
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Truncate_BlockOrRowsThatAreNotThere_ThrowsAndChangesNothing(string backend)
    {
        var script = new ScriptedSequence(Spec, 16, 40, 71);
        using AttentionSession alone = TwoLayers.CreateSession(backend, DataType.Float32, 16, Spec);
        using AttentionSession session = TwoLayers.CreateSession(backend, DataType.Float32, 16, Spec);
        float[] expected = Feed(alone, script, 0, 32);
        Feed(session, script, 0, 20);

        Assert.Throws<InvalidOperationException>(() => session.Cache.Truncate(0, 0, 3));
        Assert.Throws<InvalidOperationException>(() => session.Cache.Truncate(1, 1, 3));
        Assert.Throws<InvalidOperationException>(() => session.Cache.Truncate(1, 0, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Cache.Truncate(1, 0, 0));
        session.Cache.Truncate(1, 0, 4);
        float[] rest = Feed(session, script, 20, 12);

        Bits.AssertEqual(expected.AsSpan(expected.Length - rest.Length), rest, "rest");
        Assert.Throws<InvalidOperationException>(() => session.Cache.Truncate(1, 0, 3));
    }

    // A step that failed in one layer has appended its rows to those before it and not to that one.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Truncate_AfterAFault_LeavesAllLayersAtTheSameRow(string backend, DataType type, int blockSize)
    {
        var script = new ScriptedSequence(Spec, blockSize, blockSize, 72);
        var bad = new ScriptedSequence(Spec, blockSize, blockSize, 73);
        bad.Fill(7, float.NaN);
        using AttentionSession alone = TwoLayers.CreateSession(backend, type, blockSize, Spec);
        float[] expected = Feed(alone, script, 0, blockSize);
        using AttentionSession session = TwoLayers.CreateSession(backend, type, blockSize, Spec);
        Feed(session, script, 0, 5);

        session.Step(0, Draft(script, 5, 3, 0));
        Assert.Equal(SequenceFault.ValueOutOfRange, session.Step(1, bad.Rows(5, 3, [0], 0))[0].Fault);
        session.Cache.Truncate(0, 0, 5);
        float[] rest = Feed(session, script, 5, blockSize - 5);

        Bits.AssertEqual(expected.AsSpan(expected.Length - rest.Length), rest, "rest");
    }

    // The reference keeps v alone, so that one does for it; an emulated device takes its time.
    private static float[] OffsetsFor(string backend) =>
        backend == BackendsUnderTest.Reference ? [0]
        : BackendsUnderTest.IsEmulated(backend) ? [400, 90, -30]
        : Offsets;

    private static void AssertContinues(string backend, DataType type, int blockSize, LaserAttentionSpec spec)
    {
        int tokens = (3 * blockSize) + 7;
        var script = new ScriptedSequence(spec, blockSize, tokens, 91);
        using AttentionSession alone = TwoLayers.CreateSession(backend, type, blockSize, spec);
        float[] expected = Feed(alone, script, 0, tokens);
        foreach (int block in (int[])[0, 1, 2])
        {
            foreach (int row in (int[])[1, (blockSize / 2) + 3, blockSize - 3])
            {
                foreach (float offset in OffsetsFor(backend))
                {
                    using AttentionSession session = TwoLayers.CreateSession(backend, type, blockSize, spec);
                    int split = (block * blockSize) + row;
                    Feed(session, script, 0, split);
                    Drop(session, script, split, offset);
                    float[] first = Feed(session, script, split, 1);
                    float[] rest = Feed(session, script, split + 1, tokens - split - 1);

                    Span<float> end = expected.AsSpan(expected.Length - first.Length - rest.Length);
                    Bits.AssertEqual(end[..first.Length], first, $"row behind {split}, {offset}");
                    Bits.AssertEqual(end[first.Length..], rest, $"rest behind {split}, {offset}");
                }
            }
        }
    }

    // Rows of which one is kept, and then all those that stay free below the end of the block, twice.
    private static void Drop(AttentionSession session, ScriptedSequence script, int split, float offset)
    {
        int blockSize = session.Cache.Layout.BlockSize;
        int kept = split % blockSize;
        int count = Math.Min(8, blockSize - 1 - kept);
        for (int i = 0; i < 2; i++)
        {
            SequenceRows rows = Draft(script, split, count, offset);
            session.Step(0, rows);
            Assert.Equal(SequenceFault.None, session.Step(1, rows)[0].Fault);
            session.Cache.Truncate(split / blockSize, 0, kept + ((count - 1) / 2));
            session.Cache.Truncate(split / blockSize, 0, kept);
        }
    }

    // Rows that belong to nothing, their last value far away from the others.
    private static SequenceRows Draft(ScriptedSequence script, int start, int count, float offset)
    {
        LaserAttentionSpec spec = Spec;
        float[] qkv = new DeterministicRandom((ulong)(start + count)).Gaussians(count * spec.QkvColumns);
        for (int j = 0; j < spec.KvColumns; j++)
        {
            qkv[qkv.Length - 1 - j] += offset;
        }

        return script.Rows(start, count, [0, 1, 2, 3], 0) with { Qkv = qkv };
    }

    private static float[] Feed(AttentionSession session, ScriptedSequence script, int start, int count) =>
        TwoLayers.Feed(session, script, start, count, [0, 1, 2, 3], 0);
}
