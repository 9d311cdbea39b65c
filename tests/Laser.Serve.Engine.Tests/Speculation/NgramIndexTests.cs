using Laser.Serve.Engine.Speculation;

namespace Laser.Serve.Engine.Tests.Speculation;

public class NgramIndexTests
{
    [Theory]
    [InlineData(new[] { 1, 2, 3, 4, 1, 2 }, 2)]
    [InlineData(new[] { 1, 2, 3, 1, 2, 4, 1, 2 }, 5)]
    [InlineData(new[] { 1, 2, 3, 9, 2, 3, 7, 1, 2, 3 }, 3)]
    [InlineData(new[] { 5, 5, 5 }, 2)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 2 }, null)]
    [InlineData(new[] { 1, 2 }, null)]
    [InlineData(new[] { 1 }, null)]
    public void Find_Text_IsBehindTheLatestOccurrenceOfTheLongestEnd(int[] text, int? expected) =>
        Assert.Equal(expected, new NgramIndex(tokenCapacity: 1000, longest: 3).Find(text));

    [Fact]
    public void Find_TokenByToken_IsWhatASearchFinds()
    {
        var random = new Random(3);
        int[] text = [.. Enumerable.Range(0, 600).Select(_ => random.Next(7))];
        var index = new NgramIndex(text.Length, longest: 4);
        int right = 0;
        for (int length = 1; length <= text.Length; length++)
        {
            right += index.Find(text.AsSpan(0, length)) == Search(text.AsSpan(0, length), 4) ? 1 : 0;
        }

        // Where n-grams share a slot, a shorter or an earlier one is found in place of the best, or none.
        Assert.InRange(right, 500, 600);
    }

    [Fact]
    public void Find_TextFarLongerThanItsSlots_FindsNothingThatIsNotThere()
    {
        var random = new Random(4);
        int[] text = [.. Enumerable.Range(0, 5000).Select(_ => random.Next(60))];
        var index = new NgramIndex(tokenCapacity: 50, longest: 3);
        int found = 0;
        for (int length = 100; length <= text.Length; length += random.Next(1, 4))
        {
            if (index.Find(text.AsSpan(0, length)) is int end)
            {
                Assert.InRange(end, 2, length - 1);
                Assert.Equal(text[(length - 2)..length], text[(end - 2)..end]);
                found++;
            }
        }

        Assert.Equal(256, index.SlotCount);
        Assert.True(found > 20, $"Found {found}.");
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(1000, 3, 4096)]
    [InlineData(int.MaxValue, 8, 65536)]
    public void Constructor_AnyCapacity_BoundsItsMemory(int capacity, int longest, int slots) =>
        Assert.Equal(slots, new NgramIndex(capacity, longest).SlotCount);

    [Fact]
    public void Find_MoreTokens_AllocatesNothing()
    {
        int[] text = [.. Enumerable.Range(0, 2000).Select(i => i % 50)];
        var index = new NgramIndex(text.Length, longest: 3);
        index.Find(text.AsSpan(0, 1000));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int length = 1001; length <= text.Length; length++)
        {
            index.Find(text.AsSpan(0, length));
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static int? Search(ReadOnlySpan<int> text, int longest)
    {
        for (int n = Math.Min(longest, text.Length - 1); n >= NgramIndex.Shortest; n--)
        {
            for (int end = text.Length - 1; end >= n; end--)
            {
                if (text[(end - n)..end].SequenceEqual(text[^n..]))
                {
                    return end;
                }
            }
        }

        return null;
    }
}
