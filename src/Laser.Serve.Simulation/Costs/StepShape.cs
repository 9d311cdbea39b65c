using Laser.Serve.Compute;

namespace Laser.Serve.Simulation.Costs;

/// <summary>What of a step its time depends on.</summary>
/// <param name="TokenCount">Rows: tokens that are computed.</param>
/// <param name="SequenceCount">Sequences in the step.</param>
/// <param name="ContextTokenCount">Positions of the cache that are read: all contexts together.</param>
/// <param name="AttendedCount">Pairs of a row and a position that it attends to.</param>
public readonly record struct StepShape(
    int TokenCount, int SequenceCount, long ContextTokenCount, long AttendedCount)
{
    /// <summary>The shape of a batch.</summary>
    internal static StepShape Of(ForwardBatch batch)
    {
        long contextTokens = 0;
        long attended = 0;
        ReadOnlySpan<int> starts = batch.QueryStarts;
        for (int i = 0; i < batch.SequenceCount; i++)
        {
            long context = batch.ContextLengths[i];
            long rows = starts[i + 1] - starts[i];
            contextTokens += context;

            // The last row attends to all of the context, each one before it to one position less.
            attended += (rows * context) - (rows * (rows - 1) / 2);
        }

        return new StepShape(batch.TokenCount, batch.SequenceCount, contextTokens, attended);
    }
}
