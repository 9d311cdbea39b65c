using Laser.Serve.Engine.Speculation;

namespace Laser.Serve.Engine.Tests.Speculation;

public class DraftLengthTests
{
    [Fact]
    public void Next_AllRight_GrowsToTheMost()
    {
        var length = new DraftLength(most: 8);
        List<int> lengths = [];
        for (int i = 0; i < 15; i++)
        {
            lengths.Add(length.Next());
            length.Verified(lengths[^1], lengths[^1]);
        }

        Assert.Equal(3, lengths[0]);
        Assert.Equal(lengths.Order(), lengths);
        Assert.Equal(8, lengths[^1]);
    }

    [Fact]
    public void Next_MostIsOne_IsOne()
    {
        var length = new DraftLength(most: 1);
        length.Verified(1, 1);

        Assert.Equal(1, length.Next());
    }

    [Fact]
    public void Next_AllWrong_TriesEverMoreRarely()
    {
        var length = new DraftLength(most: 8);
        List<int> steps = [];
        for (int step = 0; steps.Count < 12; step++)
        {
            if (length.Next() is int drafted and > 0)
            {
                steps.Add(step);
                length.Verified(drafted, 0);
            }
        }

        int[] gaps = [.. steps.Skip(1).Zip(steps, (next, step) => next - step - 1)];
        Assert.Equal(gaps.Order(), gaps);
        Assert.Equal([4, 8, 16, 32, 32], gaps.Where(gap => gap > 0).Take(5));
        Assert.Equal(DraftLength.LongestPause, gaps[^1]);
    }

    [Fact]
    public void Next_TextBeginsToRepeatItself_DraftsAgainFromTheFirstRightToken()
    {
        var length = new DraftLength(most: 8);
        for (int i = 0; i < 300; i++)
        {
            if (length.Next() is int drafted and > 0)
            {
                length.Verified(drafted, 0);
            }
        }

        while (length.Next() == 0)
        {
        }

        length.Verified(1, 1);

        List<int> lengths = [];
        for (int i = 0; i < 15; i++)
        {
            lengths.Add(length.Next());
            length.Verified(lengths[^1], lengths[^1]);
        }

        Assert.DoesNotContain(0, lengths);
        Assert.Equal(8, lengths[^1]);
    }

    [Fact]
    public void Next_AfterPause_DraftsNothingInTheStepThatIsRepeated()
    {
        var length = new DraftLength(most: 8);
        length.Next();
        length.Pause();

        Assert.Equal(0, length.Next());
    }
}
