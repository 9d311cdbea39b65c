namespace Laser.Serve.Engine.Speculation;

/// <summary>
/// How many tokens it pays to draft for a sequence. It keeps an estimate of how often a drafted token is right when all
/// before it are: a moving average that forgets. Below <see cref="LeastChance"/> drafting pauses, and then tries again;
/// the pause doubles from time to time, and is halved where the try was right. A draft goes on while its next token is
/// reached, and right, with a chance of <see cref="LeastReach"/>, that of one token to the power of their number.
/// </summary>
internal sealed class DraftLength(int most)
{
    /// <summary>
    /// What a token must promise. It saves a step, and costs a part of one: little where weights come from memory, more
    /// than half where a model is so small that they stay in the processor's caches.
    /// </summary>
    public const double LeastChance = 0.6;

    /// <summary>
    /// What the last token of a draft must promise. Far less: devices compute rows in groups, and those that fill one
    /// cost next to nothing, so that a draft of one token is the dearest.
    /// </summary>
    public const double LeastReach = 0.15;

    /// <summary>Steps of the longest pause.</summary>
    public const int LongestPause = 32;

    private const int FirstPause = 4;
    private const double Weight = 1.0 / 8;

    // From here one right token lifts the chance above the least again: a text that begins to repeat itself is not
    // kept waiting by a long past that did not.
    private const double Floor = 0.55;

    private double _chance = LeastChance;
    private int _pause;
    private int _nextPause = FirstPause;

    /// <summary>Tokens to draft in a step that has come.</summary>
    public int Next()
    {
        if (_pause > 0)
        {
            _pause--;
            return 0;
        }

        int length = 1;
        for (double chance = _chance * _chance; length < most && chance >= LeastReach; chance *= _chance)
        {
            length++;
        }

        return length;
    }

    /// <summary>Notes how many tokens of a draft, which was not empty, were right.</summary>
    public void Verified(int draftedCount, int rightCount)
    {
        for (int i = 0; i < rightCount; i++)
        {
            _chance += (1 - _chance) * Weight;
        }

        if (rightCount < draftedCount)
        {
            // Those behind the first wrong one say nothing.
            _chance = Math.Max(_chance - (_chance * Weight), Floor);
        }

        if (_chance < LeastChance)
        {
            Pause();
        }
        else
        {
            _nextPause = Math.Max(_nextPause / 2, FirstPause);
        }
    }

    /// <summary>Notes that the step of a draft has to be repeated, without one.</summary>
    public void Pause()
    {
        _pause = _nextPause;
        _nextPause = Math.Min(2 * _nextPause, LongestPause);
    }
}
