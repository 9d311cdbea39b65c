using FsCheck;
using FsCheck.Fluent;

namespace Laser.Serve.Engine.Tests.Scheduling;

/// <summary>
/// Random operations on scheduler, block manager and prefix cache; after each of them everything that must always hold
/// is checked.
/// </summary>
public class SchedulerProperties
{
    private const ulong FixedSeed = 20261101;

    [Theory]
    [InlineData(AdmissionMode.Reserve, 0, 1, 0)]
    [InlineData(AdmissionMode.Reserve, 4, 1, 3)]
    [InlineData(AdmissionMode.Optimistic, 0, 1, 3)]
    [InlineData(AdmissionMode.Optimistic, 4, 3, 0)]
    public void AnyOperations_KeepTheInvariants(
        AdmissionMode admission, int skipAheadSeconds, int keyCount, int speculativeTokens)
    {
        bool grows = admission == AdmissionMode.Optimistic;
        Gen<SchedulerOperation> submit =
            from prompt in Gen.Choose(1, grows ? 30 : 120)
            from generated in grows ? Gen.Choose(30, 110) : Gen.Choose(1, 60)
            from kind in Gen.Choose(0, 1000)
            select new SchedulerOperation(SchedulerOperationKind.Submit, prompt, generated, kind);
        Gen<SchedulerOperation> operations = Gen.OneOf(
            submit,
            submit,
            from which in Gen.Choose(0, 100) select new SchedulerOperation(SchedulerOperationKind.Cancel, which),
            from which in Gen.Choose(0, 100) select new SchedulerOperation(SchedulerOperationKind.Fail, which),
            from root in Gen.Choose(1, 60) select new SchedulerOperation(SchedulerOperationKind.Slow, root),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)));
        Arbitrary<SchedulerOperation[]> sequences = Arb.From(operations.ArrayOf(), Shrink);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(120).WithReplay(FixedSeed, 1);

        (int shared, int shortened, int drafted, int takenBack, int skips, long preemptions) = (0, 0, 0, 0, 0, 0);
        Prop.ForAll(sequences, all =>
        {
            using var model = new SchedulerModel(admission, skipAheadSeconds, keyCount, speculativeTokens);
            foreach (SchedulerOperation operation in all)
            {
                model.Apply(operation);
                model.AssertInvariants();
            }

            model.AssertEverySequenceFinishes();
            shared += model.SharedBlockCount;
            shortened += model.ShortenedStepCount;
            drafted += model.DraftedCount;
            takenBack += model.TakenBackCount;
            skips += model.SkipCount;
            preemptions += model.PreemptionCount;
        }).Check(config);
        AssertMany(shared, 1000, "blocks were shared");
        AssertMany(shortened, 50, "steps were shortened");
        AssertMany(drafted, speculativeTokens == 0 ? 0 : 1000, "tokens were guessed");
        AssertMany(takenBack, speculativeTokens == 0 ? 0 : 50, "guesses were taken back");
        AssertMany(skips, skipAheadSeconds == 0 ? 0 : 5, "requests went ahead");
        AssertMany(preemptions, grows ? 50 : 0, "requests gave way");
    }

    // None where the feature is off, and else enough for the property to say something.
    private static void AssertMany(long count, int least, string what) =>
        Assert.True(least == 0 ? count == 0 : count > least, $"{count} {what}.");

    // Halves, and without one operation.
    private static IEnumerable<SchedulerOperation[]> Shrink(SchedulerOperation[] all)
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
}
