using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

/// <summary>Optimistic admission on a cache of eight blocks of sixteen.</summary>
public class PreemptionTests
{
    private static readonly KvCacheLayout Layout = FakeModelRunner.LayoutOf(blockCount: 8, openSlotCount: 8);

    private readonly ManualTimeProvider _time = new();
    private readonly BlockManager _blocks = new(Layout, new FakeBlocks());
    private readonly Scheduler _scheduler;

    public PreemptionTests()
    {
        EngineLimits limits = TestEngine.Limits(Layout, running: 8, tokensPerStep: 128);
        _scheduler = new Scheduler(_blocks, limits with { Admission = AdmissionMode.Optimistic }, _time);
    }

    // Reserved, one of them would fill the cache.
    [Fact]
    public void Schedule_RequestsThatAskForMuch_RunTogether()
    {
        SequenceGroup[] groups = [Enqueue(10, 100), Enqueue(10, 100)];

        Step();

        Assert.All(groups, group => Assert.False(group.IsWaiting));
        Assert.Equal(2 * 2, _blocks.UsedCount);
    }

    [Fact]
    public void Schedule_OthersRun_LeavesThemABlock()
    {
        SequenceGroup[] groups = [Enqueue(20, 90), Enqueue(20, 90), Enqueue(1, 15), Enqueue(1, 15)];

        Step();

        // Three for each of the first two, and one for the third; the fourth would leave none.
        Assert.Equal(7, _blocks.UsedCount);
        Assert.Equal([false, false, false, true], groups.Select(group => group.IsWaiting));
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    public void Schedule_ManyRun_LeavesABlockToFourOfThem(int running, int spare)
    {
        for (int i = 0; i < running; i++)
        {
            Enqueue(1, 15);
        }

        SequenceGroup fits = Enqueue(16 * (Layout.BlockCount - running - spare - 1), 90);
        Step();
        Assert.False(fits.IsWaiting);
        Assert.Equal(spare, _blocks.FreeCount);
    }

    [Fact]
    public void Schedule_NothingRuns_AnyRequestThatFitsTheCacheStarts()
    {
        SequenceGroup whole = Enqueue(Layout.BlockCount * Layout.BlockSize, 1);

        Step();
        Step();

        Assert.True(whole.HasEnded);
    }

    [Fact]
    public void Schedule_NoBlockLeft_TheLastGivesWayAndNobodyIsAdmitted()
    {
        SequenceGroup[] groups = [Enqueue(30, 90), Enqueue(30, 90)];
        Step();
        SequenceGroup small = Enqueue(1, 1);
        for (int steps = 0; _scheduler.PreemptionCount == 0; steps++)
        {
            Assert.True(steps < 100, "Nobody gives way.");
            _scheduler.Remove(small);
            small = Enqueue(1, 1);
            Step();
        }

        Assert.True(small.IsWaiting);
        Assert.False(groups[0].IsWaiting);
        Assert.True(groups[1].IsWaiting);
        Assert.True(groups[1].HasTokens);
        Assert.Equal(1, groups[1].PreemptionCount);
        Assert.Equal((1, 2), (_scheduler.RunningCount, _scheduler.WaitingCount));
        Assert.InRange(_scheduler.PreemptedTokenCount, 30, 65);
        Assert.Null(groups[1].First.Blocks);
    }

    [Fact]
    public void Schedule_GaveWay_GoesOnWithTheTokensItHadWhenThereIsRoom()
    {
        SequenceGroup[] groups = [Enqueue(30, 90), Enqueue(30, 90)];
        StepUntil(() => groups[1].PreemptionCount > 0);
        int[] had = groups[1].First.TokenIds.ToArray();

        StepUntil(() => groups[0].HasEnded);
        ScheduledBatch batch = Step();

        ScheduledSequence again = Assert.Single(batch.Sequences.ToArray());
        Assert.Same(groups[1].First, again.Sequence);
        Assert.Equal(1, again.LogitCount);
        Assert.Equal(had.Length, again.TokenCount);
        Assert.Equal(had, groups[1].First.TokenIds[..had.Length].ToArray());
        Assert.Equal(had.Length + 1, groups[1].First.TokenCount);
        StepUntil(() => groups[1].HasEnded);
        Assert.Equal(90, groups[1].GeneratedTokenCount);
    }

    // As it was admitted, whatever came later.
    [Fact]
    public void Schedule_GaveWay_StandsInTheQueueWhereItStood()
    {
        SequenceGroup[] groups = [Enqueue(30, 90), Enqueue(30, 90)];
        Step();
        SequenceGroup later = Enqueue(90, 30);
        StepUntil(() => groups[1].IsWaiting);

        StepUntil(() => !groups[1].IsWaiting);

        Assert.True(groups[0].HasEnded);
        Assert.True(later.IsWaiting);
    }

    [Fact]
    public void Schedule_LowerPriorityWasAdmittedEarlier_GivesWayBeforeAHigherOne()
    {
        SequenceGroup oldest = Enqueue(14, 90);
        Step();
        SequenceGroup low = Enqueue(14, 90, priority: -1);
        Step();
        SequenceGroup high = Enqueue(14, 90, priority: 1);

        StepUntil(() => _scheduler.PreemptionCount > 0);

        Assert.True(low.IsWaiting);
        Assert.False(high.IsWaiting);
        Assert.False(oldest.IsWaiting);
    }

    [Fact]
    public void Schedule_OldestHasTheLowestPriority_DoesNotGiveWay()
    {
        SequenceGroup oldest = Enqueue(30, 90, priority: -100);
        Step();
        SequenceGroup high = Enqueue(30, 90, priority: 100);

        StepUntil(() => oldest.HasEnded || oldest.IsWaiting);

        Assert.True(oldest.HasEnded);
        Assert.True(high.PreemptionCount > 0);
        StepUntil(() => high.HasEnded);
    }

    private SequenceGroup Enqueue(int promptLength, int maxTokens, int priority = 0)
    {
        GenerationRequest request = TestEngine.Request(promptLength, maxTokens) with
        {
            Priority = priority,
            UsePrefixCache = false,
        };
        var group = new SequenceGroup(request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, _time);
        _scheduler.Enqueue(group);
        return group;
    }

    private void StepUntil(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 1000, "That does not happen.");
            Step();
        }
    }

    private ScheduledBatch Step() => _scheduler.Step(_time);
}
