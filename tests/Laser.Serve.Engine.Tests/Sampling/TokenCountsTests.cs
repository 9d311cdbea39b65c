using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class TokenCountsTests
{
    // Strides that a poor hash would send to one place.
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(1 << 16)]
    [InlineData(7919)]
    public void Count_AnyIds_IsWhatADictionarySays(int stride)
    {
        const int Capacity = 100;
        var random = new Random(stride);
        var counts = new TokenCounts(Capacity);
        Dictionary<int, int> expected = [];
        for (int i = 0; i < 1000; i++)
        {
            int id = random.Next(Capacity) * stride;
            bool generated = random.Next(3) > 0;
            expected[id] = expected.GetValueOrDefault(id) + (generated ? 1 : 0);
            if (generated)
            {
                counts.Count(id);
            }
            else
            {
                counts.Add(id);
            }
        }

        Assert.Equal(
            expected.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)),
            counts.Ids.ToArray().Zip(counts.Counts.ToArray()).OrderBy(pair => pair.First));
    }

    [Fact]
    public void Ids_Nothing_AreNone() => Assert.Empty(new TokenCounts(1).Ids.ToArray());
}
