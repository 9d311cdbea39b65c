using Laser.Serve.Tokenization.Models;

namespace Laser.Serve.Tokenization.Tests.Models;

public sealed class BpeWordTests
{
    [Fact]
    public void MergeAll_RandomMerges_IsAlwaysTheLeftmostPairOfLowestRank()
    {
        var random = new Random(5);
        var word = new BpeWord();
        for (int round = 0; round < 500; round++)
        {
            Dictionary<(int, int), Merge> merges = RandomMerges(random);
            var table = new MergeTable();
            foreach (((int left, int right), Merge merge) in merges)
            {
                table.Add(merge.Rank, left, right, merge.Token);
            }

            List<int> tokens = [.. Enumerable.Range(0, random.Next(80)).Select(_ => random.Next(3))];
            word.Clear();
            tokens.ForEach(word.Add);
            word.MergeAll(table);
            var merged = new List<int>();
            word.CopyTo(merged);

            Assert.Equal(MergeOneByOne(tokens, merges), merged);
        }
    }

    // Token n is made of two earlier ones, so no two pairs make the same token.
    private static Dictionary<(int, int), Merge> RandomMerges(Random random)
    {
        var merges = new Dictionary<(int, int), Merge>();
        for (int token = 3; token < 20; token++)
        {
            merges[(random.Next(token), random.Next(token))] = new Merge(token, token);
        }

        return merges;
    }

    private static List<int> MergeOneByOne(List<int> start, Dictionary<(int, int), Merge> merges)
    {
        List<int> tokens = [.. start];
        while (true)
        {
            int best = -1;
            int bestRank = int.MaxValue;
            for (int i = 0; i + 1 < tokens.Count; i++)
            {
                if (merges.TryGetValue((tokens[i], tokens[i + 1]), out Merge merge) && merge.Rank < bestRank)
                {
                    (best, bestRank) = (i, merge.Rank);
                }
            }

            if (best < 0)
            {
                return tokens;
            }

            tokens[best] = merges[(tokens[best], tokens[best + 1])].Token;
            tokens.RemoveAt(best + 1);
        }
    }
}
