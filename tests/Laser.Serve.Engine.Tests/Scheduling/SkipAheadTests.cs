using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

/// <summary>A cache of sixteen blocks, of which one request holds ten and the next one wants ten.</summary>
public class SkipAheadTests
{
    private static readonly KvCacheLayout Layout = FakeModelRunner.LayoutOf(blockCount: 16, openSlotCount: 8);

    private readonly ManualTimeProvider _time = new();
    private readonly Scheduler _scheduler;
    private readonly SequenceGroup _running;
    private readonly SequenceGroup _big;

    public SkipAheadTests()
    {
        _scheduler = CreateScheduler(TimeSpan.FromSeconds(2));
        _running = Enqueue(blockCount: 10);
        _big = Enqueue(blockCount: 10);
        Step();
    }

    [Fact]
    public void Schedule_FirstDoesNotFit_LaterOnesThatFitGoAhead()
    {
        SequenceGroup tooBig = Enqueue(blockCount: 7);
        SequenceGroup[] small = [Enqueue(blockCount: 4), Enqueue(blockCount: 2)];
        SequenceGroup tooMuch = Enqueue(blockCount: 1);

        Step();

        Assert.All(small, group => Assert.False(group.IsWaiting));
        Assert.All([_big, tooBig, tooMuch], group => Assert.True(group.IsWaiting));
    }

    [Theory]
    [InlineData(1.9, false)]
    [InlineData(2.0, true)]
    public void Schedule_FirstWaitedForTheLimit_NothingGoesAhead(double seconds, bool waits)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        SequenceGroup small = Enqueue(blockCount: 1);

        Step();

        Assert.Equal(waits, small.IsWaiting);
    }

    [Fact]
    public void Schedule_FirstWaitedForTheLimitAndFits_IsAdmittedAndOthersBehindIt()
    {
        _time.Advance(TimeSpan.FromSeconds(3));
        SequenceGroup small = Enqueue(blockCount: 1);
        Step();
        End(_running);

        Step();

        Assert.False(_big.IsWaiting);
        Assert.False(small.IsWaiting);
    }

    // The limit is that of the place at the head, not of the queue.
    [Fact]
    public void Schedule_SecondWaitedLonger_StillLetsOthersGoAheadOfItWhenItIsFirst()
    {
        SequenceGroup second = Enqueue(blockCount: 12);
        _time.Advance(TimeSpan.FromSeconds(3));
        Step();
        End(_running);
        Step();
        Assert.False(_big.IsWaiting);
        SequenceGroup small = Enqueue(blockCount: 1);

        Step();

        Assert.True(second.IsWaiting);
        Assert.False(small.IsWaiting);
    }

    // Who is due is not overtaken by what stands behind it either when somebody comes to stand ahead of it.
    [Fact]
    public void Schedule_HigherPriorityComesToStandAheadOfOneThatIsDue_OnlyThatGoesAhead()
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        SequenceGroup alsoBig = Enqueue(blockCount: 9, priority: 5);
        SequenceGroup urgent = Enqueue(blockCount: 2, priority: 4);
        SequenceGroup small = Enqueue(blockCount: 1);

        Step();

        Assert.True(alsoBig.IsWaiting);
        Assert.False(urgent.IsWaiting);
        Assert.True(_big.IsWaiting);
        Assert.True(small.IsWaiting);
    }

    [Fact]
    public void Schedule_FitsFarBehind_IsNotLookedFor()
    {
        SequenceGroup[] big = [.. Enumerable.Range(0, Admission.LookAhead - 1).Select(_ => Enqueue(blockCount: 7))];
        SequenceGroup small = Enqueue(blockCount: 1);
        Step();
        Assert.True(small.IsWaiting);

        _scheduler.Remove(big[0]);
        Step();
        Assert.False(small.IsWaiting);
    }

    [Fact]
    public void Schedule_NoPlaceForAllSequences_SmallerRequestsGoAhead()
    {
        End(_running);
        _scheduler.Remove(_big);
        Enqueue(blockCount: 1, sequences: 6);
        SequenceGroup four = Enqueue(blockCount: 1, sequences: 4);
        SequenceGroup two = Enqueue(blockCount: 1, sequences: 2);

        Step();

        Assert.True(four.IsWaiting);
        Assert.False(two.IsWaiting);
        Assert.Equal(8, _scheduler.RunningCount);
    }

    private Scheduler CreateScheduler(TimeSpan limit) => new(
        new BlockManager(Layout, new FakeBlocks()),
        TestEngine.Limits(Layout, running: 8, tokensPerStep: 64) with { SkipAhead = limit },
        _time);

    // The last token is never fed back.
    private SequenceGroup Enqueue(int blockCount, int priority = 0, int sequences = 1)
    {
        GenerationRequest request = TestEngine.Request(1, blockCount * Layout.BlockSize) with
        {
            Priority = priority,
            SequenceCount = sequences,
            UsePrefixCache = false,
        };
        var group = new SequenceGroup(request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, _time);
        _scheduler.Enqueue(group);
        return group;
    }

    private void End(SequenceGroup group)
    {
        _scheduler.Remove(group);
        group.End(FinishReason.Cancelled);
    }

    private ScheduledBatch Step() => _scheduler.Step(_time);
}
