using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>
/// A sequence that goes on from a copy of another's open block, and shares its full ones, has the bits it would have
/// had alone: in blocks that are calm, that turn wide or raw before the copy, and that turn so behind it.
/// </summary>
public sealed class CopyOpenBlockTests
{
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 4, 2, 20, 0.3f);

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void CopyOpenBlock_AnyRow_ContinuesBitForBit(string backend, DataType type, int blockSize)
    {
        AssertContinues(backend, type, blockSize, Spec);
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void CopyOpenBlock_Softmax_ContinuesBitForBit(string backend)
    {
        AssertContinues(backend, DataType.Float32, 16, Spec with { Variant = AttentionVariant.Softmax });
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void CopyOpenBlock_BlockThatIsNotOpenThere_Throws(string backend)
    {
        using AttentionSession session = TwoLayers.CreateSession(backend, DataType.Float32, 16, Spec);
        var script = new ScriptedSequence(Spec, 16, 40, 91);
        TwoLayers.Feed(session, script, 0, 20, [0, 1], 0);

        Assert.Throws<InvalidOperationException>(() => session.Cache.CopyOpenBlock(0, 0, 5, 2));
        Assert.Throws<InvalidOperationException>(() => session.Cache.CopyOpenBlock(1, 1, 5, 2));
        TwoLayers.Feed(session, script, 20, 12, [0, 1], 0);
        Assert.Throws<InvalidOperationException>(() => session.Cache.CopyOpenBlock(1, 0, 5, 2));
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.ValueCaches), MemberType = typeof(BackendsUnderTest))]
    public void RawPagesOf_SealedBlocks_CountsLayersAndHeads(string backend, DataType type, int blockSize)
    {
        using AttentionSession session = TwoLayers.CreateSession(backend, type, blockSize, Spec);
        var script = new ScriptedSequence(Spec, blockSize, 3 * blockSize, 92);
        TwoLayers.Feed(session, script, 0, 3 * blockSize, [4, 6, 2], 0);

        int raw = type == DataType.Float32 ? 0 : TwoLayers.Count * Spec.KvHeads;
        Assert.Equal((0, 0, raw), (
            session.Cache.RawPagesOf(4), session.Cache.RawPagesOf(6), session.Cache.RawPagesOf(2)));
        session.Cache.ReleaseBlock(2);
        Assert.Equal(0, session.Cache.RawPagesOf(2));
    }

    private static void AssertContinues(string backend, DataType type, int blockSize, LaserAttentionSpec spec)
    {
        int tokens = (3 * blockSize) + 7;
        var script = new ScriptedSequence(spec, blockSize, tokens, 91);
        var other = new ScriptedSequence(spec, blockSize, tokens, 93);
        using AttentionSession alone = TwoLayers.CreateSession(backend, type, blockSize, spec);
        float[] expected = TwoLayers.Feed(alone, script, 0, tokens, [0, 1, 2, 3], 0);
        foreach (int block in (int[])[0, 1, 2])
        {
            foreach (int row in (int[])[1, (blockSize / 2) + 3, blockSize - 1])
            {
                using AttentionSession session = TwoLayers.CreateSession(backend, type, blockSize, spec);
                int split = (block * blockSize) + row;
                TwoLayers.Feed(session, script, 0, split / 2, [0, 1, 2, 3], 0);
                TwoLayers.Feed(session, script, split / 2, split - (split / 2), [0, 1, 2, 3], 0);
                int[] shared = [.. Enumerable.Range(0, block)];
                int[] copy = [.. shared, .. Enumerable.Range(10 + block, 4 - block)];
                int[] second = [.. shared, .. Enumerable.Range(20 + block, 4 - block)];

                session.Cache.CopyOpenBlock(block, 0, 10 + block, 1);
                session.Cache.CopyOpenBlock(block, 0, 20 + block, 3);
                TwoLayers.Feed(session, other, split, tokens - split, second, 3);
                float[] copied = TwoLayers.Feed(session, script, split, tokens - split, copy, 1);
                float[] original = TwoLayers.Feed(session, script, split, tokens - split, [0, 1, 2, 3], 0);

                Bits.AssertEqual(expected.AsSpan(expected.Length - copied.Length), copied, $"copy at {split}");
                Bits.AssertEqual(expected.AsSpan(expected.Length - copied.Length), original, $"original at {split}");
            }
        }
    }
}
