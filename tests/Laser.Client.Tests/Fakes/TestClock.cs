using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Laser.Client.Tests.Fakes;

/// <summary>
/// A clock that stands still until told, and tells when somebody begins to wait. It starts now, because deadlines
/// travel to a server with a clock of its own.
/// </summary>
internal sealed class TestClock() : FakeTimeProvider(System.GetUtcNow())
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        _waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>The next wait that begins, once it has.</summary>
    public ValueTask<TimeSpan> NextWaitAsync() => _waits.Reader.ReadAsync();

    /// <summary>Lets the next wait pass.</summary>
    /// <returns>How long it was.</returns>
    public async Task<TimeSpan> PassWaitAsync()
    {
        TimeSpan wait = await NextWaitAsync();
        Advance(wait);
        return wait;
    }
}
