using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>
/// B1, B2, B3, B5, U5: a sequence gives the same bits however it is cut into steps, whoever is in the batch, wherever
/// its blocks are and whoever shares them. Rollback is not in the contract.
/// </summary>
public sealed class SameBitsTests
{
    private const int Layer = 1;
    private const int PoolBlocks = 64;
    private static readonly LaserAttentionSpec Spec = new(AttentionVariant.Laser, 4, 2, 16, 0.25f);

    // B1.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_PrefillInChunks_SameBits(string backend, DataType type, int blockSize)
    {
        var script = new ScriptedSequence(Spec, blockSize, (4 * blockSize) + (blockSize / 2) + 5, 71);
        using AttentionSession session = CreateSession(backend, type, blockSize);
        float[] whole = Run(session, script, script.Tokens, [0, 1, 2, 3, 4], 0);
        int half = (blockSize / 2) + 3;
        foreach ((int first, int chunk) in ((int, int)[])[
            (1, 1), (7, 7), (blockSize, blockSize), (blockSize + 1, blockSize + 1), (64, 64),

            // From inside the wide block, then the raw one, over a whole block into the next.
            (blockSize + half, 2 * blockSize), ((2 * blockSize) + half, (2 * blockSize) - 2)])
        {
            // The same blocks in another order and still full of what the last run left there.
            Release(session, [0, 1, 2, 3, 4]);
            float[] chunked =
            [
                .. session.Step(Layer, script.Rows(0, first, [2, 0, 4, 3, 1], 1))[0].Output,
                .. Run(session, script, chunk, [2, 0, 4, 3, 1], 1, first),
            ];
            Bits.AssertEqual(whole, chunked, $"{first} rows, then chunks of {chunk}");
        }
    }

    // B2.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_SevenOthersInTheBatch_SameBits(string backend, DataType type, int blockSize)
    {
        var script = new ScriptedSequence(Spec, blockSize, (2 * blockSize) + (blockSize / 2) + 5, 72);
        using AttentionSession session = CreateSession(backend, type, blockSize);
        float[] alone = Run(session, script, blockSize - 3, [0, 1, 2], 0);
        ScriptedSequence[] others = [.. Enumerable.Range(0, 7).Select(
            i => new ScriptedSequence(Spec, blockSize, 3 * blockSize, 80 + (ulong)i))];
        var together = new List<float>();
        int[] table = [40, 33, 47];
        for (int start = 0; start < script.Tokens; start += blockSize - 3)
        {
            // Others at every stage: their chunks are 1, 2, .. 7 rows, the last of them nearly decoding.
            SequenceRows[] parts = [.. others.Select((other, i) => other.Rows(
                start / (blockSize - 3) * (i + 1), i + 1, [3 * i, (3 * i) + 1, (3 * i) + 2], i))];
            int count = Math.Min(blockSize - 3, script.Tokens - start);
            var mine = script.Rows(start, count, table, 7);
            together.AddRange(session.Step(Layer, [.. parts[..3], mine, .. parts[3..]])[3].Output);
        }

        Bits.AssertEqual(alone, together.ToArray(), "in a batch of eight");
    }

    // B3, prefix: the blocks come from another sequence's prefill.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_PrefixFromSharedBlocks_SameBits(string backend, DataType type, int blockSize)
    {
        int prefix = 3 * blockSize;
        var script = new ScriptedSequence(Spec, blockSize, prefix + blockSize + 5, 73);
        using AttentionSession session = CreateSession(backend, type, blockSize);
        float[] fresh = Run(session, script, 64, [0, 1, 2, 3, 4], 0);
        SequenceRows tail = script.Rows(prefix, script.Tokens - prefix, [0, 1, 2, 9, 8], 5);
        float[] output = session.Step(Layer, tail)[0].Output;
        Bits.AssertEqual(fresh.AsSpan(prefix * Spec.QueryColumns), output, "after a prefix hit");
    }

    // B3, preemption: others take the blocks and the slot, and everything is computed again.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_PreemptedAndRecomputed_SameBits(string backend, DataType type, int blockSize)
    {
        var script = new ScriptedSequence(Spec, blockSize, (2 * blockSize) + (blockSize / 2) + 8, 74);
        var usurper = new ScriptedSequence(Spec, blockSize, 3 * blockSize, 75);
        using AttentionSession session = CreateSession(backend, type, blockSize);
        float[] fresh = Run(session, script, script.Tokens, [20, 21, 22], 2);

        int preempted = script.Tokens - 3;
        session.Step(Layer, script.Rows(0, preempted, [0, 1, 2], 0));
        Release(session, [0, 1, 2]);
        Run(session, usurper, usurper.Tokens - 7, [2, 1, 0], 0);
        Release(session, [0, 1, 2]);
        float[] again = Run(session, script, preempted, [1, 2, 0], 0);
        Bits.AssertEqual(fresh, again, "after preemption");
    }

    // B3, fork, and U5: many continuations behind the same sealed blocks, in the same steps.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_ManyForksOfSealedBlocks_SameBitsAsAlone(string backend, DataType type, int blockSize)
    {
        const int forks = 8;
        int prefix = 3 * blockSize;
        int steps = blockSize + 9;
        var script = new ScriptedSequence(Spec, blockSize, prefix, 76);
        ScriptedSequence[] tails = [.. Enumerable.Range(0, forks).Select(
            i => new ScriptedSequence(Spec, blockSize, prefix + steps, 90 + (ulong)i))];
        using AttentionSession session = CreateSession(backend, type, blockSize);
        session.Step(Layer, script.Rows(0, prefix, [0, 1, 2], 0));
        int[][] tables = [.. Enumerable.Range(0, forks).Select(i => (int[])[0, 1, 2, 3 + (2 * i), 4 + (2 * i)])];

        float[][] alone = [.. tails.Select((tail, i) => Steps(session, prefix, steps, (start, count) =>
            [tail.Rows(start, count, [0, 1, 2, 40, 41], i)]).Single())];
        float[][] together = Steps(session, prefix, steps, (start, count) =>
            [.. tails.Select((tail, i) => tail.Rows(start, count, tables[i], forks - 1 - i))]);
        for (int i = 0; i < forks; i++)
        {
            Bits.AssertEqual(alone[i], together[i], $"fork {i}");
        }
    }

    // B5.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_HugeFutureRows_SameBitsForEarlierRows(string backend, DataType type, int blockSize)
    {
        int tokens = 2 * blockSize;
        int calm = blockSize + (blockSize / 2) - 2;
        var script = new ScriptedSequence(Spec, blockSize, tokens, 77);
        using AttentionSession session = CreateSession(backend, type, blockSize);
        float[] before = Run(session, script, tokens, [0, 1], 0);
        for (int row = calm; row < tokens; row++)
        {
            script.Fill(row, 1e4f);
        }

        float[] after = Run(session, script, tokens, [2, 3], 0);
        int early = calm * Spec.QueryColumns;
        Bits.AssertEqual(before.AsSpan(0, early), after.AsSpan(0, early), "rows before the huge ones");
        Assert.NotEqual(before[early..], after[early..]);
    }

    // A sequence may find another slot for each new open block.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Caches), MemberType = typeof(BackendsUnderTest))]
    public void Attend_OtherSlotForTheNextBlock_SameBits(string backend, DataType type, int blockSize)
    {
        var script = new ScriptedSequence(Spec, blockSize, 3 * blockSize, 78);
        using AttentionSession session = CreateSession(backend, type, blockSize);
        float[] fresh = Run(session, script, script.Tokens, [0, 1, 2], 0);
        var outputs = new List<float>();
        for (int half = 0; half < 6; half++)
        {
            SequenceRows rows = script.Rows(half * blockSize / 2, blockSize / 2, [5, 6, 7], half / 2);
            outputs.AddRange(session.Step(Layer, rows)[0].Output);
        }

        Bits.AssertEqual(fresh, outputs.ToArray(), "with changing slots");
    }

    private static AttentionSession CreateSession(string backend, DataType type, int blockSize) =>
        new(BackendsUnderTest.Create(backend), new KvCacheLayout
        {
            Attention = Spec,
            LayerCount = 2,
            BlockSize = blockSize,
            BlockCount = PoolBlocks,
            OpenSlotCount = 8,
            RawPageCount = 2 * Spec.KvHeads * PoolBlocks,
            KeyType = DataType.BFloat16,
            ValueType = type,
        }, ownsBackend: true);

    // The rows of a sequence, in chunks.
    private static float[] Run(
        AttentionSession session, ScriptedSequence script, int chunk, int[] blockTable, int slot, int first = 0)
    {
        var outputs = new List<float>();
        for (int start = first; start < script.Tokens; start += chunk)
        {
            int count = Math.Min(chunk, script.Tokens - start);
            (float[] output, SequenceFault fault) =
                session.Step(Layer, script.Rows(start, count, blockTable, slot))[0];
            Assert.Equal(SequenceFault.None, fault);
            outputs.AddRange(output);
        }

        return [.. outputs];
    }

    // Row after row of several sequences side by side.
    private static float[][] Steps(
        AttentionSession session, int start, int count, Func<int, int, SequenceRows[]> rows)
    {
        List<float>[]? outputs = null;
        for (int position = start; position < start + count; position++)
        {
            var results = session.Step(Layer, rows(position, 1));
            outputs ??= [.. results.Select(_ => new List<float>())];
            for (int i = 0; i < results.Length; i++)
            {
                Assert.Equal(SequenceFault.None, results[i].Fault);
                outputs[i].AddRange(results[i].Output);
            }
        }

        return [.. outputs!.Select(o => o.ToArray())];
    }

    private static void Release(AttentionSession session, int[] blocks)
    {
        foreach (int block in blocks)
        {
            session.Cache.ReleaseBlock(block);
        }
    }
}
