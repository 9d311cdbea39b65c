namespace Laser.Serve.Hosting;

/// <summary>
/// For how long the engine has owed a step: it has work and completes none. What it is told comes from looks at the
/// engine at regular times.
/// </summary>
/// <param name="period">Time between two looks.</param>
internal sealed class OwedStep(TimeSpan period)
{
    private long _stepCount = -1;
    private TimeSpan _owed;

    /// <summary>Takes a look into account; the answer is zero where nothing is owed.</summary>
    /// <param name="stepCount">Steps that were completed so far.</param>
    /// <param name="hasWork">Whether anything waits or runs.</param>
    /// <param name="sinceLastLook">
    /// Time that has passed. Of much more than a period only two count: whoever looks has been asleep, and so the engine
    /// may have been, with the whole machine.
    /// </param>
    public TimeSpan Look(long stepCount, bool hasWork, TimeSpan sinceLastLook)
    {
        bool owes = hasWork && stepCount == _stepCount;
        _owed = owes ? _owed + TimeSpan.FromTicks(Math.Min(sinceLastLook.Ticks, 2 * period.Ticks)) : TimeSpan.Zero;
        _stepCount = hasWork ? stepCount : -1;
        return _owed;
    }
}
