using FsCheck;
using FsCheck.Fluent;

namespace Laser.Serve.Engine.Tests.Cache;

/// <summary>Random operations on the block manager alone, against a model that keeps every prefix as text.</summary>
public class BlockManagerProperties
{
    private const ulong FixedSeed = 20261125;

    [Fact]
    public void AnyOperations_KeepTheInvariants()
    {
        Gen<int[]> operations = Gen.Choose(0, int.MaxValue - 1).ArrayOf();
        Config config = Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(150).WithReplay(FixedSeed, 1);
        int found = 0;
        int evicted = 0;
        int extended = 0;
        Prop.ForAll(Arb.From(operations, Shrink), all =>
        {
            var model = new BlockManagerModel();
            foreach (int operation in all)
            {
                model.Apply(new Random(operation));
                model.AssertInvariants();
            }

            model.AssertEverythingComesBack();
            found += model.FoundCount;
            evicted += model.EvictedCount;
            extended += model.ExtendedCount;
        }).Check(config);
        Assert.True(
            found > 500 && evicted > 500 && extended > 200,
            $"{found} blocks found, {evicted} evicted, {extended} times extended: too few to say much.");
    }

    private static IEnumerable<int[]> Shrink(int[] all)
    {
        for (int i = 0; i < all.Length; i++)
        {
            yield return [.. all[..i], .. all[(i + 1)..]];
        }
    }
}
