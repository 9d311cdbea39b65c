using System.Collections.Concurrent;
using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>
/// Attention with real q, k and v over a paged cache: heads, layers, ragged batches and both variants.
/// </summary>
public sealed class AttendTests
{
    // An error of the score moves LASER by twice as much, and a score is a sum of HeadDim products whose magnitudes
    // stay below this.
    private const int LargestScore = 16;

    private static readonly ConcurrentDictionary<(LaserAttentionSpec, int), List<float[]>> References = [];

    private static readonly (int Heads, int KvHeads, int HeadDim)[] Shapes =
        [(1, 1, 16), (4, 2, 20), (6, 2, 24), (3, 3, 10), (8, 1, 64), (2, 2, 128), (12, 1, 80)];

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_Laser_MatchesReference(string backend, DataType type, int blockSize)
    {
        foreach ((int heads, int kvHeads, int headDim) in Shapes)
        {
            var spec = new LaserAttentionSpec(
                AttentionVariant.Laser, heads, kvHeads, headDim, 1 / MathF.Sqrt(headDim));
            AssertMatchesReference(backend, spec, type, blockSize, Bounds.Storage(type));
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_SoftclampAndFloor_MatchesReference(string backend, DataType type, int blockSize)
    {
        var spec = new LaserAttentionSpec(AttentionVariant.Laser, 4, 2, 20, 0.3f, ValueSoftclamp: 1.5f, LogFloor: 0.5f);
        AssertMatchesReference(backend, spec, type, blockSize, Bounds.Storage(type));
    }

    // Storage of v itself: half a last place of the largest value, which is below 8.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_Softmax_MatchesReference(string backend, DataType type, int blockSize)
    {
        foreach ((int heads, int kvHeads, int headDim) in Shapes)
        {
            var spec = new LaserAttentionSpec(
                AttentionVariant.Softmax, heads, kvHeads, headDim, 1 / MathF.Sqrt(headDim));
            AssertMatchesReference(backend, spec, type, blockSize, 8 * Bounds.Storage(type));
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_SoftmaxInChunks_SameBits(string backend, DataType type, int blockSize)
    {
        var spec = new LaserAttentionSpec(AttentionVariant.Softmax, 4, 2, 20, 0.3f);
        int tokens = (2 * blockSize) + 9;
        float[] rows = new DeterministicRandom(64).Gaussians(tokens * spec.QkvColumns);
        using var session = new AttentionSession(
            BackendsUnderTest.Create(backend), Layout(spec, type, blockSize), ownsBackend: true);
        float[] whole = session.Step(0, new SequenceRows(rows, 0, [0, 1, 2], 0))[0].Output;
        for (int chunk = 1; chunk < tokens; chunk = (2 * chunk) + 5)
        {
            var outputs = new List<float>();
            for (int start = 0; start < tokens; start += chunk)
            {
                int end = Math.Min(start + chunk, tokens);
                float[] part = rows[(start * spec.QkvColumns)..(end * spec.QkvColumns)];
                outputs.AddRange(session.Step(0, new SequenceRows(part, start, [5, 4, 3], 1))[0].Output);
            }

            Bits.AssertEqual(whole, outputs.ToArray(), $"chunks of {chunk}");
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.ValueCaches), MemberType = typeof(BackendsUnderTest))]
    public void Statistics_SealedBlocks_CountLayersAndHeads(string backend, DataType type, int blockSize)
    {
        var spec = new LaserAttentionSpec(AttentionVariant.Laser, 4, 2, 20, 0.3f);
        float[] rows = new DeterministicRandom(65).Gaussians((blockSize + 1) * spec.QkvColumns);
        using var session = new AttentionSession(
            BackendsUnderTest.Create(backend), Layout(spec, type, blockSize), ownsBackend: true);
        session.Step(0, new SequenceRows(rows, 0, [0, 1], 0));
        Assert.Equal(2, session.Cache.Statistics.SealedBlocks);
        session.Step(1, new SequenceRows(rows, 0, [0, 1], 0));
        KvCacheStatistics statistics = session.Cache.Statistics;
        Assert.Equal((4, 0, 0, 0), (
            statistics.SealedBlocks, statistics.WideBlocks, statistics.RawBlocks, statistics.RawPagesUsed));
        Assert.InRange(statistics.LargestSpreadBits, 2, 20);
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void BlockByteSize_Layout_HoldsKeysAndValues(string backend, DataType type, int blockSize)
    {
        var spec = new LaserAttentionSpec(AttentionVariant.Laser, 4, 2, 20, 0.3f);
        using IBackend subject = BackendsUnderTest.Create(backend);
        using KvCache cache = subject.CreateKvCache(Layout(spec, type, blockSize));
        long least = 2L * blockSize * spec.KvColumns * (DataType.Float32.ByteSize() + type.ByteSize());
        Assert.InRange(cache.BlockByteSize, least, 3 * least);
    }

    private static KvCacheLayout Layout(LaserAttentionSpec spec, DataType type, int blockSize) => new()
    {
        Attention = spec,
        LayerCount = 2,
        BlockSize = blockSize,
        BlockCount = 24,
        OpenSlotCount = 4,
        RawPageCount = 8,
        KeyType = DataType.Float32,
        ValueType = type,
    };

    private static void AssertMatchesReference(
        string backend, LaserAttentionSpec spec, DataType type, int blockSize, double storage)
    {
        // The reference ignores the value type, so one answer does for all.
        List<float[]> expected = References.GetOrAdd(
            (spec, blockSize), _ => Run(BackendsUnderTest.Reference, spec, DataType.Float32, blockSize));
        List<float[]> actual = Run(backend, spec, type, blockSize);
        double bound = storage + Operation.Roundings(blockSize + 8 + (2 * LargestScore * spec.HeadDim));
        for (int i = 0; i < expected.Count; i++)
        {
            float[] outputs = expected[i];
            Operation.AssertClose(
                outputs, actual[i], j => bound + Bounds.Rounding(2 * outputs[j]), $"{spec}, output {i}");
        }
    }

    // Several steps over two layers that see different rows; all outputs one after the other.
    private static List<float[]> Run(string backend, LaserAttentionSpec spec, DataType type, int blockSize)
    {
        using var session = new AttentionSession(
            BackendsUnderTest.Create(backend), Layout(spec, type, blockSize), ownsBackend: true);
        var outputs = new List<float[]>();
        foreach (SequenceRows[] batch in Steps(spec, blockSize, new DeterministicRandom(66)))
        {
            SequenceRows[] second = [.. batch.Select(s => s with { Qkv = [.. s.Qkv.Select(x => x / 2)] })];
            foreach ((float[] output, SequenceFault fault) in
                (IEnumerable<(float[], SequenceFault)>)[.. session.Step(0, batch), .. session.Step(1, second)])
            {
                Assert.Equal(SequenceFault.None, fault);
                outputs.Add(output);
            }
        }

        return outputs;
    }

    // Three sequences: A and B prefill; A decodes while B goes on in a chunk and C begins; all decode.
    private static IEnumerable<SequenceRows[]> Steps(LaserAttentionSpec spec, int blockSize, DeterministicRandom random)
    {
        int a = blockSize + 5;
        int b = blockSize - 3;
        yield return [Rows(0, a, 0), Rows(0, b, 1)];
        yield return [Rows(a, 1, 0), Rows(b, 11, 1), Rows(0, 9, 2)];
        for (int i = 0; i < 6; i++)
        {
            yield return [Rows(a + 1 + i, 1, 0), Rows(b + 11 + i, 1, 1), Rows(9 + i, 1, 2)];
        }

        SequenceRows Rows(int start, int count, int sequence) => new(
            random.Gaussians(count * spec.QkvColumns),
            start,
            [20 - sequence, 7 + sequence, sequence],
            3 - sequence);
    }
}
