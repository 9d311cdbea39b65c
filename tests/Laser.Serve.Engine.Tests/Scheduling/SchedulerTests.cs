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
    private readonly BlockManager _blocks = new(FakeModelRunner.LayoutOf(blockCount: 16, openSlotCount: 8), _ => { });

    [Fact]
    public void Schedule_NothingThere_IsEmpty() => Assert.True(CreateScheduler().Schedule(0).IsEmpty);

    [Fact]
    public void Schedule_LongPrompt_IsCutIntoChunksOfTheBudget()
    {
        Scheduler scheduler = CreateScheduler(tokensPerStep: 16);
        scheduler.Enqueue(CreateSequence(promptLength: 40));

        Assert.Equal([(16, 0)], Shape(Run(scheduler)));
        Assert.Equal([(16, 0)], Shape(Run(scheduler)));
        Assert.Equal([(8, 1)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1)], Shape(Run(scheduler)));
    }

    [Fact]
    public void Schedule_DecodesAndPrompts_DecodesComeFirstAndPromptsInOrder()
    {
        Scheduler scheduler = CreateScheduler(running: 4, tokensPerStep: 16);
        scheduler.Enqueue(CreateSequence(promptLength: 3));
        Run(scheduler);
        scheduler.Enqueue(CreateSequence(promptLength: 20));
        scheduler.Enqueue(CreateSequence(promptLength: 12));
        scheduler.Enqueue(CreateSequence(promptLength: 5));

        Assert.Equal([(1, 1), (15, 0)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (5, 1), (10, 0)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (1, 1), (2, 1), (5, 1)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (1, 1), (1, 1), (1, 1)], Shape(Run(scheduler)));
    }

    [Fact]
    public void Schedule_TooFewBlocks_AdmitsNobodyPastTheFirst()
    {
        Scheduler scheduler = CreateScheduler();
        Sequence running = CreateSequence(promptLength: 1, maxTokens: 200);
        Sequence first = CreateSequence(promptLength: 1, maxTokens: 100);
        scheduler.Enqueue(running);
        scheduler.Enqueue(first);
        scheduler.Enqueue(CreateSequence(promptLength: 1, maxTokens: 1));
        Run(scheduler);
        Assert.Equal((1, 2), (scheduler.RunningCount, scheduler.WaitingCount));

        scheduler.Remove(running);
        running.Cancel();
        Run(scheduler);

        Assert.Equal(SequenceStatus.Running, first.Status);
        Assert.Equal(0, scheduler.WaitingCount);
    }

    [Fact]
    public void Schedule_AllPlacesTaken_AdmitsTheNextInTheStepAfterOneEnded()
    {
        Scheduler scheduler = CreateScheduler(running: 1);
        Sequence second = CreateSequence();
        scheduler.Enqueue(CreateSequence(maxTokens: 1));
        scheduler.Enqueue(second);

        Run(scheduler);
        Assert.Equal(SequenceStatus.Waiting, second.Status);
        Run(scheduler);
        Assert.Equal(SequenceStatus.Running, second.Status);
    }

    [Fact]
    public void Schedule_PromptLogitsWanted_AdvancesByRows()
    {
        Scheduler scheduler = CreateScheduler(running: 4, tokensPerStep: 16, logitRows: 10);
        scheduler.Enqueue(CreateSequence(promptLength: 25, promptLogits: true));

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
        scheduler.Enqueue(CreateSequence(promptLength: 34, promptLogits: true));
        scheduler.Enqueue(CreateSequence(promptLength: 3));
        scheduler.Enqueue(CreateSequence(promptLength: 1));

        Assert.Equal([(8, 8), (2, 0)], Shape(Run(scheduler)));
        Assert.Equal([(6, 6), (1, 1), (1, 1)], Shape(Run(scheduler)));
        scheduler.Enqueue(CreateSequence(promptLength: 30));
        Assert.Equal([(6, 6), (1, 1), (1, 1), (8, 0)], Shape(Run(scheduler)));
        Assert.Equal([(5, 5), (1, 1), (1, 1), (9, 0)], Shape(Run(scheduler)));
        Assert.Equal([(5, 5), (1, 1), (1, 1), (9, 0)], Shape(Run(scheduler)));
        Assert.Equal([(4, 4), (1, 1), (1, 1), (4, 1)], Shape(Run(scheduler)));
    }

    [Fact]
    public void Schedule_SeveralWantPromptLogits_AreServedInOrder()
    {
        Scheduler scheduler = CreateScheduler(running: 3, tokensPerStep: 16, logitRows: 6);
        scheduler.Enqueue(CreateSequence(promptLength: 9, promptLogits: true));
        scheduler.Enqueue(CreateSequence(promptLength: 9, promptLogits: true));

        Assert.Equal([(6, 6)], Shape(Run(scheduler)));
        Assert.Equal([(3, 3), (3, 3)], Shape(Run(scheduler)));
        Assert.Equal([(1, 1), (5, 5)], Shape(Run(scheduler)));
    }

    [Theory]
    [InlineData(7, 8)]
    [InlineData(8, 7)]
    public void Constructor_BudgetBelowSequences_IsRefused(int tokensPerStep, int logitRows) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CreateScheduler(running: 8, tokensPerStep, logitRows));

    private Scheduler CreateScheduler(int running = 8, int tokensPerStep = 16, int? logitRows = null) =>
        new(_blocks, running, tokensPerStep, logitRows ?? running);

    private static Sequence CreateSequence(int promptLength = 3, int maxTokens = 5, bool promptLogits = false)
    {
        GenerationRequest request =
            TestEngine.Request(promptLength, maxTokens) with { PromptTopLogprobs = promptLogits ? 0 : null };
        return new Sequence(
            request,
            new StopChecker(request, new FakeTokenizer(), new StopStrings([])),
            new SamplingState(request, sequenceIndex: 0, vocabularySize: 300),
            new ManualTimeProvider());
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
