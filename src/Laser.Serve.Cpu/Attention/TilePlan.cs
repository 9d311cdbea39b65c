namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Deals the query vectors of a step into tiles. Late tiles, which see most tokens, come first, so that the threads end
/// together.
/// </summary>
internal sealed class TilePlan(int kvHeads, int groupSize)
{
    private AttentionStep _step = null!;
    private int[] _starts = [0];

    /// <summary>Tiles of the step over all key/value heads.</summary>
    public int Count { get; private set; }

    /// <summary>Plans a step.</summary>
    public void Make(AttentionStep step)
    {
        _step = step;
        if (_starts.Length <= step.SequenceCount)
        {
            _starts = new int[Math.Max(step.SequenceCount + 1, 2 * _starts.Length)];
        }

        for (int i = 0; i < step.SequenceCount; i++)
        {
            int queries = step.RowCount(i) * groupSize;
            _starts[i + 1] = _starts[i] + ((queries + AttentionScratch.Queries - 1) / AttentionScratch.Queries);
        }

        Count = checked(_starts[step.SequenceCount] * kvHeads);
    }

    /// <summary>The tile of an item.</summary>
    public AttentionTile this[int item]
    {
        get
        {
            int index = _starts[_step.SequenceCount] - 1 - (item / kvHeads);
            int found = Array.BinarySearch(_starts, 0, _step.SequenceCount + 1, index);
            int sequence = found >= 0 ? found : ~found - 1;
            int first = (index - _starts[sequence]) * AttentionScratch.Queries;
            return new AttentionTile
            {
                Sequence = sequence,
                Head = item % kvHeads,
                GroupSize = groupSize,
                StartPosition = _step.StartPosition(sequence),
                FirstQuery = first,
                Count = Math.Min(AttentionScratch.Queries, (_step.RowCount(sequence) * groupSize) - first),
            };
        }
    }
}
