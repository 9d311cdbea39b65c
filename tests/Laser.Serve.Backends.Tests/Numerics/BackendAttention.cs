using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>
/// A backend as a subject, through the contract. Keys are stored in fp32 and queries are unit vectors, so the scores
/// arrive exactly (see <see cref="AttentionProblem"/>). Blocks before the first query are filled as sequences of one
/// block each - nothing in a block depends on where it stands - because a real prefill of 131,072 tokens is quadratic;
/// the rest is one chunk behind them.
/// </summary>
internal sealed class BackendAttention(IBackend backend) : IAttentionUnderTest
{
    private const int FillRows = 2048;

    public AttentionRun Run(AttentionProblem problem, DataType valueType, int blockSize)
    {
        int blocks = (problem.Tokens + blockSize - 1) / blockSize;
        int perStep = FillRows / blockSize;
        using var session = new AttentionSession(backend, new KvCacheLayout
        {
            Attention = problem.Spec,
            LayerCount = 1,
            BlockSize = blockSize,
            BlockCount = blocks,
            OpenSlotCount = perStep,
            RawPageCount = blocks,
            KeyType = DataType.Float32,
            ValueType = valueType,
        });

        SequenceFault fault = SequenceFault.None;
        int filled = problem.FirstQuery / blockSize;
        for (int first = 0; first < filled; first += perStep)
        {
            int count = Math.Min(perStep, filled - first);
            SequenceRows[] fill = [.. Enumerable.Range(first, count).Select((block, slot) =>
                new SequenceRows(Rows(problem, block * blockSize, blockSize), 0, [block], slot))];
            foreach ((_, SequenceFault blockFault) in session.Step(0, fill))
            {
                fault = fault == SequenceFault.None ? blockFault : fault;
            }
        }

        int start = filled * blockSize;
        int[] table = [.. Enumerable.Range(0, blocks)];
        (float[] output, SequenceFault lastFault) =
            session.Step(0, new SequenceRows(Rows(problem, start, problem.Tokens - start), start, table, 0))[0];
        float[] queries = output[((problem.FirstQuery - start) * problem.Channels)..];
        return new AttentionRun(
            queries, fault == SequenceFault.None ? lastFault : fault, session.Cache.Statistics);
    }

    public void Dispose() => backend.Dispose();

    private static float[] Rows(AttentionProblem problem, int start, int count)
    {
        int channels = problem.Channels;
        float[] rows = new float[count * 3 * channels];
        for (int i = 0; i < count; i++)
        {
            Span<float> row = rows.AsSpan(i * 3 * channels, 3 * channels);
            row[problem.ColumnOf(start + i)] = 1;
            problem.Scores.AsSpan((start + i) * channels, channels).CopyTo(row[channels..]);
            problem.Values.AsSpan((start + i) * channels, channels).CopyTo(row[(2 * channels)..]);
        }

        return rows;
    }
}
