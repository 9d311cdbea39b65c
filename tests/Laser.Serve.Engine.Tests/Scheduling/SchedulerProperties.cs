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
    [InlineData(AdmissionMode.Reserve, 0, 1)]
    [InlineData(AdmissionMode.Reserve, 4, 1)]
    [InlineData(AdmissionMode.Optimistic, 0, 1)]
    [InlineData(AdmissionMode.Optimistic, 4, 3)]
    public void AnyOperations_KeepTheInvariants(AdmissionMode admission, int skipAheadSeconds, int keyCount)
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
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)),
            Gen.Constant(new SchedulerOperation(SchedulerOperationKind.Step)));
        Arbitrary<SchedulerOperation[]> sequences = Arb.From(operations.ArrayOf(), Shrink);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(120).WithReplay(FixedSeed, 1);

        int shared = 0;
        long skips = 0;
        long preemptions = 0;
        Prop.ForAll(sequences, all =>
        {
            using var model = new SchedulerModel(admission, skipAheadSeconds, keyCount);
            foreach (SchedulerOperation operation in all)
            {
                model.Apply(operation);
                model.AssertInvariants();
            }

            model.AssertEverySequenceFinishes();
            shared += model.SharedBlockCount;
            skips += model.SkipCount;
            preemptions += model.PreemptionCount;
        }).Check(config);
        Assert.True(shared > 1000, $"Only {shared} blocks were shared: the property says little.");
        Assert.True(skipAheadSeconds == 0 || skips > 5, $"Only {skips} went ahead: the property says little.");
        Assert.True(
            !grows || preemptions > 100,
            $"Only {preemptions} gave way: the property says little.");
    }

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
