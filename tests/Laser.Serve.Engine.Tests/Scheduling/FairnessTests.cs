using FsCheck;
using FsCheck.Fluent;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

public class FairnessTests
{
    private const int MostPromptTokens = 60;
    private const int MostTokens = 30;
    private const int Running = 4;

    private readonly ManualTimeProvider _time = new();
    private Scheduler _scheduler;

    public FairnessTests() => _scheduler = CreateScheduler(fair: true, running: 1);

    [Fact]
    public void Schedule_OneKeyFloodsTheQueue_AnotherGetsItsTurns()
    {
        SequenceGroup[] flood = [.. Enumerable.Range(0, 6).Select(_ => Enqueue("a"))];
        _time.Advance(TimeSpan.FromSeconds(60));
        SequenceGroup[] few = [Enqueue("b"), Enqueue("b")];

        Assert.Equal(
            [flood[0], few[0], flood[1], few[1], flood[2], flood[3], flood[4], flood[5]], AdmissionOrder(8));
    }

    [Fact]
    public void Schedule_FairnessOff_OrderIsThatOfTime()
    {
        _scheduler = CreateScheduler(fair: false, running: 1);
        SequenceGroup[] all = [Enqueue("a"), Enqueue("a"), Enqueue("b"), Enqueue(null)];

        Assert.Equal(all, AdmissionOrder(4));
    }

    [Fact]
    public void Schedule_NoKeys_AreOneKey()
    {
        SequenceGroup low = Enqueue(null, priority: -1);
        SequenceGroup[] all = [Enqueue(null), Enqueue(null)];

        Assert.Equal([all[0], all[1], low], AdmissionOrder(3));
    }

    // A token that is generated counts as two of a prompt.
    [Fact]
    public void Schedule_OneKeyGeneratesMore_IsServedLessOften()
    {
        SequenceGroup[] a = [.. Enumerable.Range(0, 3).Select(_ => Enqueue("a", promptLength: 10, maxTokens: 15))];
        SequenceGroup[] b = [.. Enumerable.Range(0, 3).Select(_ => Enqueue("b", promptLength: 10, maxTokens: 5))];

        Assert.Equal([a[0], b[0], b[1], a[1], b[2], a[2]], AdmissionOrder(6));
        Assert.Equal((120, 60), (_scheduler.ServedTo("a"), _scheduler.ServedTo("b")));
    }

    [Fact]
    public void Schedule_KeyComesBack_HasNoCreditForTheTimeItWasAway()
    {
        Enqueue("b");
        AdmissionOrder(1);
        SequenceGroup[] a = [.. Enumerable.Range(0, 10).Select(_ => Enqueue("a"))];
        AdmissionOrder(6);
        SequenceGroup[] b = [.. Enumerable.Range(0, 4).Select(_ => Enqueue("b"))];

        Assert.Equal([a[6], b[0], a[7], b[1], a[8], b[2], a[9], b[3]], AdmissionOrder(8));
    }

    [Fact]
    public void Schedule_KeyComesBackToAnEmptyQueue_IsLiftedToTheLastThatWaited()
    {
        SequenceGroup[] a = [.. Enumerable.Range(0, 4).Select(_ => Enqueue("a"))];
        AdmissionOrder(4);
        Assert.True(_scheduler.ServedTo("a") > 0);

        Enqueue("b");

        Assert.Equal(_scheduler.ServedTo("a"), _scheduler.ServedTo("b"));
        Assert.All(a, group => Assert.True(group.HasEnded));
    }

    // One lead at the beginning, and then the same share as the others: nobody gains by asking for more priority.
    [Fact]
    public void Schedule_KeyWithPriority_HasALeadAndNoLargerShare()
    {
        for (int i = 0; i < 400; i++)
        {
            Enqueue("a");
            Enqueue("b", priority: 10);
        }

        List<SequenceGroup> order = AdmissionOrder(400);

        // Of a request 3 tokens are prompt and 5 generated.
        int lead = FairShares.PriorityLevel * 10 / 13;
        int share = order.Count(group => group.Request.FairnessKey == "b");
        Assert.All(order.Take(lead), group => Assert.Equal("b", group.Request.FairnessKey));
        Assert.InRange(share, ((400 + lead) / 2) - 1, ((400 + lead) / 2) + 1);
    }

    [Fact]
    public void Add_ManyKeys_RemembersSoManyAndThoseThatOweMost()
    {
        var shares = new FairShares();
        SequenceGroup group = CreateGroup("any", 1, 1, 0);
        for (int i = 0; i < FairShares.RememberedKeys + 100; i++)
        {
            if (i == 10)
            {
                // They still generate.
                shares.Charge("key 0", 1_000_000);
                shares.Charge("key 1", 1_000_000);
            }

            shares.Add($"key {i}", group, time: 0, number: 1);
            Assert.True(shares.Remove($"key {i}", group));
            shares.Charge($"key {i}", 1);
        }

        Assert.Equal(FairShares.RememberedKeys, shares.Count);
        Assert.True(shares.ServedTo("key 0") >= 1_000_000);
        Assert.True(shares.ServedTo("key 1") >= 1_000_000);
        Assert.Equal(0, shares.ServedTo("key 2"));
        Assert.False(shares.Remove("key 2", group));
    }

    // Theorem 4.4 of the paper, with what is charged here at admission: two keys that always have requests waiting differ
    // by no more than a prompt and what can be generated at one time, however long that goes on.
    [Fact]
    public void Schedule_TwoKeysAlwaysWait_NeverDifferByMoreThanTheBound()
    {
        const int Bound = (FairShares.PromptWeight * MostPromptTokens)
            + (FairShares.GeneratedWeight * Running * MostTokens);
        Gen<int> seeds = Gen.Choose(0, int.MaxValue - 1);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(25).WithReplay(20261203, 1);
        Prop.ForAll(Arb.From(seeds), seed =>
        {
            var random = new Random(seed);
            _scheduler = CreateScheduler(fair: true);
            int largestA = random.Next(1, MostPromptTokens + 1);
            List<SequenceGroup> waiting = [];
            for (int step = 0; step < 400; step++)
            {
                _time.Advance(TimeSpan.FromSeconds(random.Next(2)));
                waiting.RemoveAll(group => !group.IsWaiting);
                while (waiting.Count(group => group.Request.FairnessKey == "a") < 40)
                {
                    waiting.Add(Enqueue("a", random.Next(1, largestA + 1), random.Next(1, MostTokens + 1)));
                }

                while (waiting.Count(group => group.Request.FairnessKey == "b") < 2)
                {
                    waiting.Add(Enqueue("b", random.Next(1, MostPromptTokens + 1), random.Next(1, 6)));
                }

                Step();
                Assert.InRange(_scheduler.ServedTo("a") - _scheduler.ServedTo("b"), -Bound, Bound);
            }

            Assert.True(_scheduler.ServedTo("a") > 2 * Bound, "Too little was served to say much.");
        }).Check(config);
    }

    // Whatever comes with a key that was served less, and whatever its priority.
    [Fact]
    public void Schedule_OthersComeForEver_NobodyStarves()
    {
        _scheduler = CreateScheduler(fair: true, running: 1);
        SequenceGroup patient = Enqueue("a", priority: -100);
        _scheduler.Schedule(0);
        for (int i = 0; patient.IsWaiting || !patient.HasEnded; i++)
        {
            Assert.True(i < 10_000, "It starves.");
            Enqueue($"other {i % 3}", priority: 100);
            _time.Advance(TimeSpan.FromSeconds(1));
            Step();
        }
    }

    private Scheduler CreateScheduler(bool fair, int running = Running)
    {
        KvCacheLayout layout = FakeModelRunner.LayoutOf(blockCount: 64, openSlotCount: Running);
        EngineLimits limits = TestEngine.Limits(layout, running, tokensPerStep: 64) with { Fairness = fair };
        return new Scheduler(new BlockManager(layout, new FakeBlocks()), limits, _time);
    }

    private SequenceGroup Enqueue(string? key, int promptLength = 3, int maxTokens = 5, int priority = 0)
    {
        SequenceGroup group = CreateGroup(key, promptLength, maxTokens, priority);
        _scheduler.Enqueue(group);
        return group;
    }

    private SequenceGroup CreateGroup(string? key, int promptLength, int maxTokens, int priority)
    {
        GenerationRequest request = TestEngine.Request(promptLength, maxTokens) with
        {
            FairnessKey = key,
            Priority = priority,
            UsePrefixCache = false,
        };
        return new SequenceGroup(request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, _time);
    }

    // One at a time.
    private List<SequenceGroup> AdmissionOrder(int count)
    {
        List<SequenceGroup> order = [];
        while (order.Count < count || order[^1] is { HasEnded: false })
        {
            foreach (ScheduledSequence scheduled in Step().Sequences)
            {
                SequenceGroup group = scheduled.Sequence.Group;
                if (!order.Contains(group))
                {
                    order.Add(group);
                }
            }
        }

        return order;
    }

    private ScheduledBatch Step() => _scheduler.Step(_time);
}
