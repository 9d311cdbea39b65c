using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class CandidatesTests
{
    private const int MaxLength = 400;

    // Few distinct scores, so that ties are everywhere; sorted rows, because quickselect is known to dislike them.
    public static IEnumerable<object[]> Rows()
    {
        foreach (int seed in Enumerable.Range(0, 40))
        {
            var random = new Random(seed);
            int length = random.Next(1, MaxLength);
            int distinct = random.Next(1, 30);
            IEnumerable<float> row = Enumerable.Range(0, length).Select(_ => random.Next(1, distinct + 1) / 8f);
            row = (seed % 4) switch { 0 => row.Order(), 1 => row.OrderDescending(), _ => row };
            yield return [row.ToArray()];
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void TakeLargest_AnyCount_TakesTheFirstOfTheSortedRow(float[] row)
    {
        var candidates = new Candidates(MaxLength);
        foreach (int count in new[] { 1, 2, row.Length / 3, row.Length - 1, row.Length }.Where(count => count > 0))
        {
            candidates.TakeLargest(row, count);

            Assert.Equal(SortedIds(row).Take(count).Order(), candidates.Ids.ToArray().Order());
            Assert.Equal(candidates.Ids.ToArray().Select(id => row[id]), candidates.Scores.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void KeepMass_AnyShare_KeepsTheFewestThatMakeIt(float[] row)
    {
        var candidates = new Candidates(MaxLength);
        foreach (double share in new[] { 1e-9, 0.1, 0.5, 0.9, 1 })
        {
            double mass = share * row.Sum(weight => (double)weight);
            candidates.TakeAbove(row, 0);
            candidates.KeepMass(mass);

            // Eighths add without rounding, so the expected count is exact.
            double sum = 0;
            int count = SortedIds(row).TakeWhile(id => sum < mass && (sum += row[id]) > 0).Count();
            Assert.Equal(SortedIds(row).Take(count).Order(), candidates.Ids.ToArray().Order());
        }
    }

    [Fact]
    public void TakeAbove_Bar_IsExclusive()
    {
        var candidates = new Candidates(MaxLength);

        candidates.TakeAbove([1f, 2f, 3f, 2f], 2f);

        Assert.Equal([2], candidates.Ids.ToArray());
    }

    private static IEnumerable<int> SortedIds(float[] row) =>
        Enumerable.Range(0, row.Length).OrderByDescending(id => row[id]).ThenBy(id => id);
}
