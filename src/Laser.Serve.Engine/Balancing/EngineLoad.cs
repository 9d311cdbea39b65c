namespace Laser.Serve.Engine.Balancing;

/// <summary>What an engine has to do, to be compared with others: first sequences, then tokens of prompts that wait.</summary>
/// <param name="SequenceCount">Sequences that run, and requests that wait.</param>
/// <param name="WaitingTokenCount">Tokens of the prompts of these requests.</param>
internal readonly record struct EngineLoad(int SequenceCount, long WaitingTokenCount) : IComparable<EngineLoad>
{
    public int CompareTo(EngineLoad other) =>
        (SequenceCount, WaitingTokenCount).CompareTo((other.SequenceCount, other.WaitingTokenCount));
}
