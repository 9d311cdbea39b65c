using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class TokenMaskTests
{
    // Vocabularies that end with a word, within one, and before or behind the set's last word.
    [Theory]
    [InlineData(64, 64)]
    [InlineData(300, 300)]
    [InlineData(300, 257)]
    [InlineData(300, 128)]
    [InlineData(300, 100)]
    [InlineData(70, 300)]
    [InlineData(5, 5)]
    public void Apply_AnySet_LeavesItsTokensAndNoOther(int vocabularySize, int setSize)
    {
        var random = new Random(vocabularySize + setSize);
        foreach (double density in new[] { 0, 0.02, 0.5, 0.98, 1 })
        {
            HashSet<int> ids = [.. Enumerable.Range(0, setSize).Where(_ => random.NextDouble() < density)];
            float[] logits = [.. Enumerable.Range(0, vocabularySize).Select(id => id - 2.5f)];

            TokenMask.Apply(TokenMask.Of(ids, setSize), logits);

            Assert.Equal(
                Enumerable.Range(0, vocabularySize).Select(id => ids.Contains(id) ? id - 2.5f : float.NegativeInfinity),
                logits);
        }
    }

    [Fact]
    public void Apply_WholeWordsOfBothKinds_AreAllOrNothing()
    {
        var logits = new float[192];

        TokenMask.Apply([ulong.MaxValue, 0, 1UL << 63], logits);

        Assert.All(logits[..64], logit => Assert.Equal(0, logit));
        Assert.All(logits[64..191], logit => Assert.Equal(float.NegativeInfinity, logit));
        Assert.Equal(0, logits[191]);
    }
}
