using Laser.Serve.Hosting;

namespace Laser.Serve.Tests.Hosting;

public class OwedStepTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly OwedStep _step = new(Second);

    [Fact]
    public void Look_WorkAndNoStep_AddsUpFromTheFirstLookThatSawIt()
    {
        Assert.Equal([0, 1, 2, 3], Look(4, stepCount: 7));
    }

    [Fact]
    public void Look_AStepWasCompleted_StartsAnew()
    {
        Look(10, stepCount: 7);

        Assert.Equal([0, 1], Look(2, stepCount: 8));
    }

    [Fact]
    public void Look_NoWork_OwesNothingHoweverLong()
    {
        Assert.All(Look(100, stepCount: 7, hasWork: false), seconds => Assert.Equal(0, seconds));
    }

    // An engine that was idle for hours has completed no step meanwhile, and owes none when work comes.
    [Fact]
    public void Look_WorkAfterIdleTime_StartsWithTheWork()
    {
        Look(10, stepCount: 7);
        Look(1, stepCount: 7, hasWork: false);

        Assert.Equal([0, 1], Look(2, stepCount: 7));
    }

    [Fact]
    public void Look_LookerWasAsleep_CountsTwoPeriodsOnly()
    {
        Look(2, stepCount: 7);

        Assert.Equal(3, _step.Look(7, hasWork: true, TimeSpan.FromHours(1)).TotalSeconds);
    }

    private double[] Look(int times, long stepCount, bool hasWork = true) =>
        [.. Enumerable.Range(0, times).Select(_ => _step.Look(stepCount, hasWork, Second).TotalSeconds)];
}
