using FsCheck;
using FsCheck.Fluent;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

/// <summary>
/// Random operations on scheduler and block manager; after each of them everything that must always hold is checked.
/// </summary>
public class SchedulerProperties
{
    private const ulong FixedSeed = 20261101;

    [Fact]
    public void AnyOperations_KeepTheInvariants()
    {
        Gen<Operation> operations = Gen.OneOf(
            from prompt in Gen.Choose(1, 120)
            from generated in Gen.Choose(1, 60)
            from scored in Gen.Choose(0, 2)
            select Operation.Submit(prompt, generated, scored == 0),
            from which in Gen.Choose(0, 100) select Operation.Cancel(which),
            from which in Gen.Choose(0, 100) select Operation.Fail(which),
            Gen.Constant(Operation.Step()),
            Gen.Constant(Operation.Step()),
            Gen.Constant(Operation.Step()));
        Arbitrary<Operation[]> sequences = Arb.From(operations.ArrayOf(), Shrink);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(100).WithReplay(FixedSeed, 1);

        Prop.ForAll(sequences, all =>
        {
            var model = new SchedulerModel();
            foreach (Operation operation in all)
            {
                model.Apply(operation);
                model.AssertInvariants();
            }

            model.AssertEverySequenceFinishes();
        }).Check(config);
    }

    // Halves, and without one operation.
    private static IEnumerable<Operation[]> Shrink(Operation[] all)
    {
        if (all.Length > 1)
        {
            yield return all[..(all.Length / 2)];
            yield return all[(all.Length / 2)..];
        }

        for (int i = 0; i < all.Length; i++)
        {
            yield return [.. all[..i], .. all[(i + 1)..]];
        }
    }

    /// <summary>What can happen to a scheduler.</summary>
    internal sealed record Operation(string Name, int First = 0, int Second = 0, bool Scored = false)
    {
        public static Operation Submit(int prompt, int generated, bool scored) =>
            new(nameof(Submit), prompt, generated, scored);

        public static Operation Cancel(int which) => new(nameof(Cancel), which);

        public static Operation Fail(int which) => new(nameof(Fail), which);

        public static Operation Step() => new(nameof(Step));
    }

    private sealed class SchedulerModel
    {
        private const int MaxRunning = 5;
        private const int TokensPerStep = 24;
        private const int LogitRows = 9;

        private readonly BlockManager _blocks;
        private readonly Scheduler _scheduler;
        private readonly HashSet<int> _owned = [];
        private readonly List<Sequence> _all = [];
        private readonly List<Sequence> _admitted = [];
        private int _released;

        public SchedulerModel()
        {
            _blocks = new BlockManager(
                FakeModelRunner.LayoutOf(blockCount: 20, openSlotCount: MaxRunning),
                block =>
                {
                    Assert.True(_owned.Remove(block));
                    _released++;
                });
            _scheduler = new Scheduler(_blocks, MaxRunning, TokensPerStep, LogitRows);
        }

        public void Apply(Operation operation)
        {
            switch (operation.Name)
            {
                case nameof(Operation.Submit):
                    GenerationRequest request = TestEngine.Request(operation.First, operation.Second) with
                    {
                        PromptTopLogprobs = operation.Scored ? 0 : null,
                    };
                    var stop = new StopChecker(request, new FakeTokenizer(), new StopStrings([]));
                    var sampling = new SamplingState(request, sequenceIndex: 0, vocabularySize: 300);
                    _all.Add(new Sequence(request, stop, sampling, TimeProvider.System));
                    _scheduler.Enqueue(_all[^1]);
                    break;
                case nameof(Operation.Cancel) when Living.Count > 0:
                    Sequence cancelled = Living[operation.First % Living.Count];
                    _scheduler.Remove(cancelled);
                    cancelled.Cancel();
                    break;
                case nameof(Operation.Fail):
                    Step(failing: operation.First);
                    break;
                case nameof(Operation.Step):
                    Step(failing: null);
                    break;
            }
        }

        public void AssertInvariants()
        {
            List<Sequence> running = [.. _scheduler.Running];
            int[] held = [.. running.SelectMany(sequence => sequence.Blocks!.Blocks.ToArray())];
            Assert.Equal(held.Length, held.Distinct().Count());
            Assert.Equal(_blocks.UsedCount, held.Length);
            Assert.Equal(_blocks.TotalCount, _blocks.UsedCount + _blocks.FreeCount);
            Assert.All(Enumerable.Range(0, _blocks.TotalCount), block =>
                Assert.Equal(held.Contains(block) ? 1 : 0, _blocks.ReferenceCount(block)));
            Assert.Equal(running.Count, running.Select(sequence => sequence.Blocks!.OpenSlot).Distinct().Count());
            Assert.Equal(held.Order(), _owned.Order());
            Assert.All(_all.Except(running), sequence => Assert.Null(sequence.Blocks));

            // First come, first served: nobody who still waits came before somebody who was admitted.
            int lastAdmitted = _all.FindLastIndex(_admitted.Contains);
            Assert.DoesNotContain(_all.Take(lastAdmitted + 1), sequence => sequence.Status == SequenceStatus.Waiting);
            Assert.Equal(_all.Where(_admitted.Contains), _admitted);
        }

        public void AssertEverySequenceFinishes()
        {
            int tokens = _all.Sum(sequence => sequence.PromptTokenCount + sequence.Request.MaxTokens);
            for (int steps = 0; Living.Count > 0; steps++)
            {
                Assert.True(steps <= tokens, "The scheduler makes no progress.");
                Step(failing: null);
            }

            Assert.Empty(_owned);
            Assert.Equal(_blocks.TotalCount, _blocks.FreeCount);
            Assert.Equal(_admitted.Count > 0, _released > 0);
        }

        private List<Sequence> Living => [.. _all.Where(sequence => sequence.Status != SequenceStatus.Finished)];

        private void Step(int? failing)
        {
            ScheduledBatch batch = _scheduler.Schedule(0);
            Assert.Equal(Living.Count == 0, batch.IsEmpty);
            AssertWellFormed(batch);
            foreach (Sequence sequence in _scheduler.Running.ToArray().Except(_admitted))
            {
                _admitted.Add(sequence);
                Assert.All(sequence.Blocks!.Blocks.ToArray(), block => Assert.True(_owned.Add(block)));
            }

            for (int i = 0; i < batch.Sequences.Length; i++)
            {
                ScheduledSequence scheduled = batch.Sequences[i];
                if (i == failing % batch.Sequences.Length)
                {
                    scheduled.Sequence.Fail(new EngineException(EngineError.NonFinite, "As the test wants."));
                }
                else if (scheduled.TokenCount == scheduled.Sequence.PendingTokenCount)
                {
                    scheduled.Sequence.Append(new SampledToken(65), 0);
                }
            }

            _scheduler.Complete(batch);
        }

        private void AssertWellFormed(ScheduledBatch batch)
        {
            ScheduledSequence[] parts = batch.Sequences.ToArray();
            Assert.InRange(parts.Length, 0, MaxRunning);
            Assert.InRange(batch.TokenCount, 0, TokensPerStep);
            Assert.InRange(batch.LogitCount, 0, LogitRows);
            Assert.Equal(parts.Sum(part => part.TokenCount), batch.TokenCount);
            Assert.Equal(parts.Sum(part => part.LogitCount), batch.LogitCount);
            Assert.Equal(parts.Length, parts.Select(part => part.Sequence).Distinct().Count());
            Assert.All(parts, part => Assert.InRange(part.TokenCount, 1, part.Sequence.PendingTokenCount));
            Assert.All(parts, part =>
            {
                int lastRows = part.TokenCount == part.Sequence.PendingTokenCount ? 1 : 0;
                Assert.Equal(part.Sequence.WantsPromptLogits ? part.TokenCount : lastRows, part.LogitCount);
            });

            // Every sequence that decodes is in every step, before all that read their prompt and are not held up by
            // rows of logits.
            int decoding = _scheduler.Running.ToArray().Count(sequence => sequence.GeneratedTokenCount > 0);
            IEnumerable<ScheduledSequence> others = parts.Where(part => !part.Sequence.WantsPromptLogits);
            Assert.Equal(decoding, others.TakeWhile(part => part.Sequence.GeneratedTokenCount > 0).Count());
        }
    }
}
