using Laser.Serve.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Laser.Serve.Tests.Hosting;

public class RecentLossesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryAdd_MoreThanTheLimitInTheWindow_IsTooMany()
    {
        var losses = new RecentLosses(limit: 2, _time);

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => losses.TryAdd()));
    }

    [Fact]
    public void TryAdd_OldestIsLongAgo_IsForgotten()
    {
        var losses = new RecentLosses(limit: 2, _time);
        Assert.True(losses.TryAdd());
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(losses.TryAdd());
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.True(losses.TryAdd());
        Assert.False(losses.TryAdd());
    }
}
