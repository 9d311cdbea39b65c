using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>The scalar value cache as a subject: append a row, attend it, next row.</summary>
/// <param name="create">Makes the cache.</param>
/// <param name="appendFirst">Planted mistake: append all rows, then attend.</param>
internal sealed class ScalarAttention(
    Func<AttentionProblem, DataType, int, IValueCache> create, bool appendFirst = false) : IAttentionUnderTest
{
    public static ScalarAttention Create(
        ValueCacheFlaws flaws = ValueCacheFlaws.None, bool flushSubnormals = false, bool appendFirst = false)
    {
        return new ScalarAttention(New, appendFirst);

        IValueCache New(AttentionProblem problem, DataType valueType, int blockSize) =>
            new ReferenceValueCache(new ReferenceValueCacheOptions
            {
                Type = valueType,
                BlockSize = blockSize,
                Channels = problem.Channels,
                ValueSoftclamp = problem.ValueSoftclamp,
                LogFloor = problem.LogFloor,
                Flaws = flaws,
                FlushSubnormals = flushSubnormals,
            });
    }

    public AttentionRun Run(AttentionProblem problem, DataType valueType, int blockSize)
    {
        IValueCache cache = create(problem, valueType, blockSize);
        float[] outputs = new float[problem.QueryCount * problem.Channels];
        int appended = 0;
        for (int row = problem.FirstQuery; row < problem.Tokens; row++)
        {
            int wanted = appendFirst ? problem.Tokens : row + 1;
            for (; appended < wanted; appended++)
            {
                if (!cache.TryAppend(problem.Values.AsSpan(appended * problem.Channels, problem.Channels)))
                {
                    return new AttentionRun(outputs, SequenceFault.ValueOutOfRange, default);
                }
            }

            int first = (row - problem.FirstQuery) * problem.Channels;
            cache.Attend(problem.VisibleScores(row), outputs.AsSpan(first, problem.Channels));
        }

        var statistics = (cache as ReferenceValueCache)?.Statistics ?? default;
        return new AttentionRun(outputs, SequenceFault.None, statistics);
    }

    public void Dispose()
    {
    }
}
