using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Simulation.Running;

/// <summary>A request that an engine has, and what its client has seen of it. Times are in nanoseconds.</summary>
internal sealed class LiveRequest(SequenceGroup group, long arrival)
{
    public SequenceGroup Group { get; } = group;

    public long Arrival { get; } = arrival;

    public long FirstToken { get; set; }

    public long LastToken { get; set; }

    public int TokenCount { get; set; }

    /// <summary>Time from one token to the next, in the mean; zero if there are fewer than two.</summary>
    public double MeanGap => TokenCount < 2 ? 0 : (double)(LastToken - FirstToken) / (TokenCount - 1);
}
