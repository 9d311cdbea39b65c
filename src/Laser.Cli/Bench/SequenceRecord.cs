namespace Laser.Cli.Bench;

/// <summary>What came of one sequence of a call. Times are timestamps of a clock.</summary>
internal struct SequenceRecord
{
    /// <summary>Tokens so far.</summary>
    public int TokenCount;

    /// <summary>When the first message with tokens came.</summary>
    public long First;

    /// <summary>When the latest message with tokens came.</summary>
    public long Last;
}
