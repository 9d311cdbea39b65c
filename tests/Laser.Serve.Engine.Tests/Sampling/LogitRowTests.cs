using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class LogitRowTests
{
    public static TheoryData<int> Lengths => [1, 7, 8, 15, 16, 17, 33, 100];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void TryGetMax_MaximumAnywhere_IsFound(int length)
    {
        for (int place = 0; place < length; place++)
        {
            float[] logits = [.. Enumerable.Range(0, length).Select(i => i == place ? -2f : -3f - i)];

            Assert.True(LogitRow.TryGetMax(logits, out float max));
            Assert.Equal(-2f, max);
            Assert.Equal(place, LogitRow.FirstIndexOf(logits, max));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void TryGetMax_NonFiniteAnywhere_IsRefused(int length)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            for (int place = 0; place < length; place++)
            {
                var logits = new float[length];
                logits[place] = bad;

                Assert.False(LogitRow.TryGetMax(logits, out _));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void MaxOf_OneTokenNotExcluded_IsItsLogit(int length)
    {
        for (int place = 0; place < length; place++)
        {
            float[] logits = [.. Enumerable.Repeat(float.NegativeInfinity, length)];
            Assert.Equal(float.NegativeInfinity, LogitRow.MaxOf(logits));
            logits[place] = -7f;

            Assert.Equal(-7f, LogitRow.MaxOf(logits));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void CountAbove_AnyBar_IsExclusive(int length)
    {
        float[] logits = [.. Enumerable.Range(0, length).Select(i => (float)(i * 37 % 11))];

        for (float bar = -1; bar < 12; bar++)
        {
            Assert.Equal(logits.Count(logit => logit > bar), LogitRow.CountAbove(logits, bar));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void FirstIndexOf_SeveralEqual_GivesTheLowest(int length)
    {
        for (int place = 0; place < length; place++)
        {
            float[] logits = [.. Enumerable.Range(0, length).Select(i => i >= place ? 1f : 0f)];

            Assert.Equal(place, LogitRow.FirstIndexOf(logits, 1f));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Exponentiate_AnyRow_IsTheSoftmaxNumerator(int length)
    {
        float[] logits = [.. Enumerable.Range(0, length).Select(i => (i * 37 % 11) - 5f)];
        float[] row = [.. logits];

        LogitRow.Exponentiate(row, max: 5f, temperature: 0.7f);

        for (int i = 0; i < length; i++)
        {
            double expected = Math.Exp((logits[i] - 5.0) / 0.7f);
            Assert.InRange(row[i], expected * (1 - 1e-5), expected * (1 + 1e-5));
        }
    }

    [Fact]
    public void Exponentiate_TinyTemperature_LeavesTheMaximumOnly()
    {
        float[] row = [3f, 2.9999998f, -1e30f];

        LogitRow.Exponentiate(row, max: 3f, temperature: 1e-38f);

        Assert.Equal([1f, 0f, 0f], row);
    }
}
