using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class NucleusTests
{
    // Rows shorter and much longer than what is put in order at once; few distinct weights, so that ties are everywhere,
    // or many. Multiples of 2^-10 add without rounding, so the expected answer is exact.
    public static TheoryData<int, int, int> Rows()
    {
        var rows = new TheoryData<int, int, int>();
        foreach (int seed in Enumerable.Range(0, 60))
        {
            rows.Add(seed, new[] { 1, 7, 200, 1000, 5000 }[seed % 5], new[] { 1, 3, 30, 1024 }[seed % 4]);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Keep_AnyPart_KeepsTheFewestOfTheSortedRowThatMakeIt(int seed, int length, int distinct)
    {
        var random = new Random(seed);
        float[] row = [.. Enumerable.Range(0, length).Select(_ => (1024 - random.Next(distinct)) / 1024f)];
        foreach (float part in new[] { 1e-6f, 0.125f, 0.5f, 0.9375f, 0.9990234375f })
        {
            float[] kept = [.. row];
            double total = row.Sum(weight => (double)weight);
            new Nucleus(new Candidates(length)).Keep(kept, total, part);

            double sum = 0;
            int[] sorted = [.. Enumerable.Range(0, length).OrderByDescending(id => row[id]).ThenBy(id => id)];
            int[] expected = [.. sorted.TakeWhile(id => sum < part * total && (sum += row[id]) > 0).Order()];
            Assert.Equal(expected, Enumerable.Range(0, length).Where(id => kept[id] > 0));
            Assert.All(expected, id => Assert.Equal(row[id], kept[id]));
        }
    }

    [Fact]
    public void Keep_NearlyAllWeightOnOne_KeepsIt()
    {
        float[] row = [.. Enumerable.Repeat(1e-38f, 3000)];
        row[2999] = 1;

        new Nucleus(new Candidates(row.Length)).Keep(row, row.Sum(x => (double)x), 0.99f);

        Assert.Equal(2999, Assert.Single(Enumerable.Range(0, row.Length), id => row[id] > 0));
    }
}
