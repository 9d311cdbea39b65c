using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Backends.Tests.Numerics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>
/// All that attention does, on any backend: two sequences whose blocks are calm, wide and raw are prefilled in chunks and decoded
/// together; rows of one are taken back, among them the one that made its block raw, and calm ones put in their place; the raw
/// open block of the other is copied and continued in two ways. The other layer gets everything with the other sign. Outputs come
/// sequence by sequence, so they are the same numbers for all chunks.
/// </summary>
internal static class AttentionScenario
{
    private const int Decoded = 4;
    private const int TakenBack = 2;
    private const int CopySlot = 3;
    private const int CopyBlock = 8;

    private static readonly int[] LongTable = [5, 0, 7, 2, 9];
    private static readonly int[] ShortTable = [1, 12, 6];

    /// <summary>A chunk that no prompt is longer than.</summary>
    public const int Whole = 1 << 20;

    /// <summary>Runs it.</summary>
    /// <param name="backend">On what; disposed of.</param>
    /// <param name="layout">The cache: at least 2 layers, 13 blocks and 4 slots.</param>
    /// <param name="chunk">Rows of a prompt in a step.</param>
    public static float[] Run(IBackend backend, KvCacheLayout layout, int chunk)
    {
        using var session = new AttentionSession(backend, layout, ownsBackend: true);
        int block = layout.BlockSize;
        var script = new ScriptedSequence(layout.Attention, block, (4 * block) + (block / 2) + 5, 51);
        var other = new ScriptedSequence(layout.Attention, block, (2 * block) + (block / 2) + 3 + TakenBack, 52);
        var fork = new ScriptedSequence(layout.Attention, block, other.Tokens, 53);
        var calm = new ScriptedSequence(layout.Attention, blockSize: 1 << 20, script.Tokens, 54);
        script.Fill(0, -4);
        List<float> first = [];
        List<float> second = [];
        List<float> third = [];

        int copied = other.Tokens - TakenBack;
        Together(
            session,
            [(script, script.Tokens - Decoded, 0, LongTable, 1, first), (other, copied, 0, ShortTable, 0, second)],
            chunk);
        Together(session, [(script, script.Tokens, script.Tokens - Decoded, LongTable, 1, first)], 1);

        int open = (script.Tokens - 1) % block + 1;
        session.Cache.Truncate(LongTable[^1], 1, open - TakenBack);
        Together(session, [(calm, script.Tokens, script.Tokens - TakenBack, LongTable, 1, first)], 1);

        session.Cache.CopyOpenBlock(ShortTable[^1], 0, CopyBlock, CopySlot);
        int[] forkTable = [.. ShortTable[..^1], CopyBlock];
        Together(
            session,
            [
                (fork, fork.Tokens, copied, forkTable, CopySlot, third),
                (other, other.Tokens, copied, ShortTable, 0, second),
            ],
            1);
        return [.. first, .. second, .. third];
    }

    // Each part: rows of a script up to a position, from another one on.
    private static void Together(
        AttentionSession session,
        (ScriptedSequence Script, int End, int Next, int[] Table, int Slot, List<float> Outputs)[] parts,
        int chunk)
    {
        while (Array.Exists(parts, part => part.Next < part.End))
        {
            int[] active = [.. Enumerable.Range(0, parts.Length).Where(i => parts[i].Next < parts[i].End)];
            SequenceRows[] rows = [.. active.Select(i => parts[i].Script.Rows(
                parts[i].Next, Math.Min(chunk, parts[i].End - parts[i].Next), parts[i].Table, parts[i].Slot))];
            (float[] Output, SequenceFault Fault)[] results = session.Step(1, rows);
            (float[] Output, SequenceFault Fault)[] negative =
                session.Step(0, [.. rows.Select(part => part with { Qkv = Array.ConvertAll(part.Qkv, x => -x) })]);
            for (int i = 0; i < active.Length; i++)
            {
                Assert.Equal(SequenceFault.None, results[i].Fault);
                Assert.Equal(SequenceFault.None, negative[i].Fault);
                int columns = session.Cache.Layout.Attention.QueryColumns;
                AddRows(parts[active[i]].Outputs, results[i].Output, negative[i].Output, columns);
                parts[active[i]].Next += Math.Min(chunk, parts[active[i]].End - parts[active[i]].Next);
            }
        }
    }

    private static void AddRows(List<float> outputs, float[] one, float[] other, int columns)
    {
        for (int start = 0; start < one.Length; start += columns)
        {
            outputs.AddRange(one.AsSpan(start, columns));
            outputs.AddRange(other.AsSpan(start, columns));
        }
    }
}
