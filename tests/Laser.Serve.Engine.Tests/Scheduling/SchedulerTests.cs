using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

public class SchedulerTests
{
    private static readonly KvCacheLayout Layout = FakeModelRunner.LayoutOf(blockCount: 16, openSlotCount: 8);

    private readonly BlockManager _blocks = new(Layout, new FakeBlocks());
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Schedule_NothingThere_IsEmpty() => Assert.True(CreateScheduler().Schedule(0).IsEmpty);

    [Fact]
    public void Schedule_LongPrompt_IsCutIntoChunksOfTheBudget()
    {
        Scheduler scheduler = CreateScheduler(tokensPerStep: 16);
        scheduler.Enqueue(CreateGroup(promptLength: 40));

        Assert.Equal([(16, 0)], Shape(Run(scheduler)));
        Assert.Equal([(16, 0)], Shape(Run(scheduler)));
        Assert.Equal([(8, 1)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1)], Shape(Run(scheduler)));
    }

    [Fact]
    public void Schedule_DecodesAndPrompts_DecodesComeFirstAndPromptsInOrder()
    {
        Scheduler scheduler = CreateScheduler(running: 4, tokensPerStep: 16);
        scheduler.Enqueue(CreateGroup(promptLength: 3));
        Run(scheduler);
        scheduler.Enqueue(CreateGroup(promptLength: 20));
        scheduler.Enqueue(CreateGroup(promptLength: 12));
        scheduler.Enqueue(CreateGroup(promptLength: 5));

        Assert.Equal([(1, 1), (15, 0)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (5, 1), (10, 0)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (1, 1), (2, 1), (5, 1)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (1, 1), (1, 1), (1, 1)], Shape(Run(scheduler)));
    }

    [Fact]
    public void Schedule_TooFewBlocks_AdmitsNobodyPastTheFirst()
    {
        Scheduler scheduler = CreateScheduler();
        SequenceGroup running = CreateGroup(promptLength: 1, maxTokens: 200);
        SequenceGroup first = CreateGroup(promptLength: 1, maxTokens: 100);
        scheduler.Enqueue(running);
        scheduler.Enqueue(first);
        scheduler.Enqueue(CreateGroup(promptLength: 1, maxTokens: 1));
        Run(scheduler);
        Assert.Equal((1, 2), (scheduler.RunningCount, scheduler.WaitingCount));

        scheduler.Remove(running);
        running.End(FinishReason.Cancelled);
        Run(scheduler);

        Assert.Equal(SequenceStatus.Running, first.First.Status);
        Assert.Equal(0, scheduler.WaitingCount);
    }

    [Fact]
    public void Schedule_AllPlacesTaken_AdmitsTheNextInTheStepAfterOneEnded()
    {
        Scheduler scheduler = CreateScheduler(running: 1);
        SequenceGroup second = CreateGroup();
        scheduler.Enqueue(CreateGroup(maxTokens: 1));
        scheduler.Enqueue(second);

        Run(scheduler);
        Assert.Equal(SequenceStatus.Waiting, second.First.Status);
        Run(scheduler);
        Assert.Equal(SequenceStatus.Running, second.First.Status);
    }

    [Fact]
    public void Schedule_PromptLogitsWanted_AdvancesByRows()
    {
        Scheduler scheduler = CreateScheduler(running: 4, tokensPerStep: 16, logitRows: 10);
        scheduler.Enqueue(CreateGroup(promptLength: 25, promptLogits: true));

        Assert.Equal([(10, 10)], Shape(Run(scheduler)));
        Assert.Equal([(10, 10)], Shape(Run(scheduler)));
        Assert.Equal([(5, 5)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1)], Shape(Run(scheduler)));
    }

    // Who was just admitted can find no row left, and has one from the next step on; who decodes always has one.
    [Fact]
    public void Schedule_PromptLogitsBeforeOthers_LeavesEachATokenAndARow()
    {
        Scheduler scheduler = CreateScheduler(running: 4, tokensPerStep: 16, logitRows: 8);
        scheduler.Enqueue(CreateGroup(promptLength: 34, promptLogits: true));
        scheduler.Enqueue(CreateGroup(promptLength: 3));
        scheduler.Enqueue(CreateGroup(promptLength: 1));

        Assert.Equal([(8, 8), (2, 0)], Shape(Run(scheduler)));
        Assert.Equal([(6, 6), (1, 1), (1, 1)], Shape(Run(scheduler)));
        scheduler.Enqueue(CreateGroup(promptLength: 30));
        Assert.Equal([(6, 6), (1, 1), (1, 1), (8, 0)], Shape(Run(scheduler)));
        Assert.Equal([(5, 5), (1, 1), (1, 1), (9, 0)], Shape(Run(scheduler)));
        Assert.Equal([(5, 5), (1, 1), (1, 1), (9, 0)], Shape(Run(scheduler)));
        Assert.Equal([(4, 4), (1, 1), (1, 1), (4, 1)], Shape(Run(scheduler)));
    }

    [Fact]
    public void Schedule_SeveralWantPromptLogits_AreServedInOrder()
    {
        Scheduler scheduler = CreateScheduler(running: 3, tokensPerStep: 16, logitRows: 6);
        scheduler.Enqueue(CreateGroup(promptLength: 9, promptLogits: true));
        scheduler.Enqueue(CreateGroup(promptLength: 9, promptLogits: true));

        Assert.Equal([(6, 6)], Shape(Run(scheduler)));
        Assert.Equal([(3, 3), (3, 3)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (5, 5)], Shape(Run(scheduler)));
    }

    [Theory]
    [InlineData(7, 8)]
    [InlineData(8, 7)]
    public void Constructor_BudgetBelowSequences_IsRefused(int tokensPerStep, int logitRows) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CreateScheduler(running: 8, tokensPerStep, logitRows));

    [Fact]
    public void Schedule_Priorities_AreAdmittedInTheirOrderAndEqualOnesAsTheyCame()
    {
        Scheduler scheduler = CreateScheduler(running: 1);
        SequenceGroup[] groups = [.. new[] { 0, 1, -1, 1, 0 }.Select(priority => CreateGroup(priority: priority))];
        Array.ForEach(groups, scheduler.Enqueue);

        Assert.Equal([1, 3, 0, 4, 2], AdmissionOrder(scheduler, groups));
    }

    [Theory]
    [InlineData(4.9, new[] { 1, 0 })]
    [InlineData(5.0, new[] { 0, 1 })]
    public void Schedule_LowerPriorityWaitsLonger_GainsALevelInFiveSeconds(double seconds, int[] expected)
    {
        Scheduler scheduler = CreateScheduler(running: 1);
        SequenceGroup early = CreateGroup(priority: 2);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        SequenceGroup late = CreateGroup(priority: 3);
        scheduler.Enqueue(early);
        scheduler.Enqueue(late);

        Assert.Equal(expected, AdmissionOrder(scheduler, [early, late]));
    }

    [Fact]
    public void Schedule_SeveralSequences_AreAdmittedTogetherOrNotAtAll()
    {
        Scheduler scheduler = CreateScheduler(running: 4);
        SequenceGroup single = CreateGroup(maxTokens: 1);
        SequenceGroup four = CreateGroup(promptLength: 20, sequenceCount: 4);
        scheduler.Enqueue(single);
        scheduler.Enqueue(four);

        Assert.Equal([(3, 1)], Shape(Run(scheduler)));
        Assert.Equal((0, 1), (scheduler.RunningCount, scheduler.WaitingCount));
        Assert.Equal([(16, 0)], Shape(Run(scheduler)));
        Assert.Equal((4, 0), (scheduler.RunningCount, scheduler.WaitingCount));

        // Two blocks for the first, and one behind the common full block for each of the others.
        Assert.Equal(2 + 3, _blocks.UsedCount);
    }

    [Fact]
    public void Schedule_TooFewBlocksForAllSequences_TakesNone()
    {
        Scheduler scheduler = CreateScheduler();
        scheduler.Enqueue(CreateGroup(promptLength: 1, maxTokens: 100));
        scheduler.Enqueue(CreateGroup(promptLength: 16, maxTokens: 49, sequenceCount: 3));
        Run(scheduler);

        Assert.Equal((1, 1), (scheduler.RunningCount, scheduler.WaitingCount));
        Assert.Equal(7, _blocks.UsedCount);
    }

    private Scheduler CreateScheduler(int running = 8, int tokensPerStep = 16, int? logitRows = null) =>
        new(_blocks, TestEngine.Limits(Layout, running, tokensPerStep, logitRows), _time);

    private SequenceGroup CreateGroup(
        int promptLength = 3, int maxTokens = 5, int sequenceCount = 1, int priority = 0, bool promptLogits = false)
    {
        GenerationRequest request = TestEngine.Request(promptLength, maxTokens) with
        {
            SequenceCount = sequenceCount,
            Priority = priority,
            PromptTopLogprobs = promptLogits ? 0 : null,
        };
        return new SequenceGroup(request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, _time);
    }

    private static List<int> AdmissionOrder(Scheduler scheduler, SequenceGroup[] groups)
    {
        List<int> order = [];
        while (order.Count < groups.Length)
        {
            foreach (ScheduledSequence scheduled in Run(scheduler).Sequences)
            {
                int index = Array.IndexOf(groups, scheduled.Sequence.Group);
                if (!order.Contains(index))
                {
                    order.Add(index);
                }
            }
        }

        return order;
    }

    // A step in which every row of logits gives the same token.
    private static ScheduledBatch Run(Scheduler scheduler)
    {
        ScheduledBatch batch = scheduler.Schedule(0);
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            if (scheduled.TokenCount == scheduled.Sequence.PendingTokenCount)
            {
                scheduled.Sequence.Append(new SampledToken(65), 0);
            }
        }

        scheduler.Complete(batch);
        return batch;
    }

    private static (int TokenCount, int LogitCount)[] Shape(ScheduledBatch batch) =>
        [.. batch.Sequences.ToArray().Select(scheduled => (scheduled.TokenCount, scheduled.LogitCount))];
}
