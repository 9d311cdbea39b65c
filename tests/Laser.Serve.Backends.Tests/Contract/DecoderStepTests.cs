using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>
/// Whole steps of a decoder, from token ids to logits, on batches that mix prefill, chunks and decode.
/// </summary>
public sealed class DecoderStepTests
{
    private static readonly int[][] Prompts = [Tokens(20, 1), Tokens(37, 2), Tokens(33, 3)];
    private static readonly int[][] Tables = [[4, 9, 1], [2, 30, 31], [11, 12, 13]];

    // Two layers of fp32 arithmetic over activations of the order of 1 against double arithmetic rounded once per
    // operation; a backend that rounds the inputs of linear maps as well is as far off as a cache in bf16.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Step_MixedBatchesInFp32_MatchesReference(string backend) =>
        AssertMatchesReference(
            backend, DataType.Float32, DataType.Float32, BackendsUnderTest.IsExact(backend) ? 2e-4 : 0.1);

    // A value or key that rounds the other way moves a score or an output by a last place of bf16.
    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Step_MixedBatchesInBf16_MatchesReference(string backend) =>
        AssertMatchesReference(backend, DataType.BFloat16, DataType.BFloat16, 0.1);

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Step_SequenceInAMixedBatch_HasTheBitsItHasAlone(string backend)
    {
        using MiniDecoder batched = Create(backend, DataType.BFloat16, DataType.BFloat16);
        float[][] together = RunMixed(batched);
        for (int sequence = 0; sequence < Prompts.Length; sequence++)
        {
            using MiniDecoder single = Create(backend, DataType.BFloat16, DataType.BFloat16);
            Bits.AssertEqual(RunAlone(single, sequence, 7), together[sequence], $"sequence {sequence}");
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void Step_PrefillInChunks_SameBits(string backend)
    {
        using MiniDecoder decoder = Create(backend, DataType.BFloat16, DataType.BFloat16);
        float[] whole = RunAlone(decoder, 1, 37);
        foreach (int chunk in (int[])[1, 5, 16, 17])
        {
            Bits.AssertEqual(whole, RunAlone(decoder, 1, chunk), $"chunks of {chunk}");
        }
    }

    private static void AssertMatchesReference(string backend, DataType keyType, DataType valueType, double bound)
    {
        using MiniDecoder reference = Create(BackendsUnderTest.Reference, keyType, valueType);
        using MiniDecoder subject = Create(backend, keyType, valueType);
        float[][] expected = RunMixed(reference);
        float[][] actual = RunMixed(subject);
        for (int sequence = 0; sequence < expected.Length; sequence++)
        {
            Operation.AssertClose(expected[sequence], actual[sequence], _ => bound, $"logits of sequence {sequence}");
        }
    }

    // Prefill of 0; decode of 0, 10 rows of 1; decode of 0, the rest of 1, prefill of 2; all decode. Logits of all
    // rows, by sequence.
    private static float[][] RunMixed(MiniDecoder decoder)
    {
        int[] done = new int[Prompts.Length];
        List<float>[] logits = [.. Prompts.Select(_ => new List<float>())];
        Step([(0, 14)]);
        Step([(0, 1), (1, 10)]);
        Step([(2, 30), (0, 1), (1, 24)]);
        Step([(1, 1), (2, 1), (0, 1)]);
        Step([(0, 3), (1, 2), (2, 2)]);
        return [.. logits.Select(l => l.ToArray())];

        void Step((int Sequence, int Rows)[] parts)
        {
            var batch = new ForwardBatch(64, Prompts.Length, 9);
            foreach ((int sequence, int rows) in parts)
            {
                int[] tokens = Prompts[sequence][done[sequence]..(done[sequence] + rows)];
                batch.Add(tokens, done[sequence], Tables[sequence], sequence, rows);
                done[sequence] += rows;
            }

            float[] step = decoder.Step(batch);
            foreach ((int sequence, int rows) in parts)
            {
                logits[sequence].AddRange(step[..(rows * MiniDecoder.Vocabulary)]);
                step = step[(rows * MiniDecoder.Vocabulary)..];
            }
        }
    }

    private static float[] RunAlone(MiniDecoder decoder, int sequence, int chunk)
    {
        int[] prompt = Prompts[sequence];
        var logits = new List<float>();
        for (int start = 0; start < prompt.Length; start += chunk)
        {
            int count = Math.Min(chunk, prompt.Length - start);
            var batch = new ForwardBatch(64, 1, 3);
            batch.Add(prompt.AsSpan(start, count), start, Tables[(sequence + 1) % 3], 3, count);
            logits.AddRange(decoder.Step(batch));
        }

        return [.. logits];
    }

    private static MiniDecoder Create(string backend, DataType keyType, DataType valueType) =>
        new(BackendsUnderTest.Create(backend), keyType, valueType);

    private static int[] Tokens(int count, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(MiniDecoder.Vocabulary))];
    }
}
