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
    [InlineData(0)]
    [InlineData(3)]
    public void AnyOperations_KeepTheInvariants(int speculativeTokens)
    {
        Gen<SchedulerOperation> submit =
            from prompt in Gen.Choose(1, 120)
            from generated in Gen.Choose(1, 60)
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

        (int shared, int shortened, int drafted, int takenBack) = (0, 0, 0, 0);
        Prop.ForAll(sequences, all =>
        {
            using var model = new SchedulerModel(speculativeTokens);
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
        }).Check(config);
        Assert.True(shared > 1000, $"Only {shared} blocks were shared: the property says little.");
        Assert.True(shortened > 200, $"Only {shortened} steps were shortened: the property says little.");
        Assert.True(speculativeTokens == 0 ? drafted == 0 : drafted > 1000, $"{drafted} tokens were guessed.");
        Assert.True(speculativeTokens == 0 ? takenBack == 0 : takenBack > 50, $"{takenBack} of them were taken back.");
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
