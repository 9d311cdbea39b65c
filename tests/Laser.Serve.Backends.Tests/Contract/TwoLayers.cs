using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>Sequences in a cache of two layers: what is said of an open block has to hold in each of them.</summary>
internal static class TwoLayers
{
    public const int Count = 2;

    public static AttentionSession CreateSession(
        string backend, DataType type, int blockSize, LaserAttentionSpec spec) =>
        new(BackendsUnderTest.Create(backend), new KvCacheLayout
        {
            Attention = spec,
            LayerCount = Count,
            BlockSize = blockSize,
            BlockCount = 24,
            OpenSlotCount = 4,
            RawPageCount = 64,
            KeyType = DataType.Float32,
            ValueType = type,
        }, ownsBackend: true);

    /// <summary>
    /// Appends rows in every layer, some in one step and the rest one by one; returns the outputs of the last layer.
    /// </summary>
    public static float[] Feed(
        AttentionSession session, ScriptedSequence script, int start, int count, int[] blocks, int slot)
    {
        List<float> outputs = [];
        int chunk = Math.Max(1, count - 3);
        for (int row = 0; row < count; row += chunk, chunk = 1)
        {
            SequenceRows rows = script.Rows(start + row, chunk, blocks, slot);
            session.Step(0, rows with { Qkv = [.. rows.Qkv.Select(x => 0.9f * x)] });
            (float[] output, SequenceFault fault) = session.Step(1, rows)[0];
            Assert.Equal(SequenceFault.None, fault);
            outputs.AddRange(output);
        }

        return [.. outputs];
    }
}
