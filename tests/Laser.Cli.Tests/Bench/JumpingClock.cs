using Microsoft.Extensions.Time.Testing;

namespace Laser.Cli.Tests.Bench;

/// <summary>A clock that jumps to the end of every wait as soon as it begins, and beyond it as far as it is told.</summary>
internal sealed class JumpingClock(TimeSpan beyond = default) : FakeTimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        Advance(dueTime + beyond);
        return timer;
    }
}
