using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Speculation;

/// <summary>
/// Guesses how one sequence goes on: as it did when it last had the tokens that it ends with now, in its prompt or in
/// what was generated (prompt lookup; Saxena 2023).
/// </summary>
internal sealed class Drafter
{
    private readonly NgramIndex _index;

    public Drafter(Sequence sequence, int mostTokens, int longestNgram)
    {
        _index = new NgramIndex(sequence.CacheTokenLimit, longestNgram);
        Length = new DraftLength(mostTokens);
    }

    /// <summary>What the drafts so far were worth.</summary>
    public DraftLength Length { get; }

    /// <summary>
    /// Puts a guess behind the tokens of the sequence; returns how many tokens it has, which may be none.
    /// </summary>
    /// <param name="sequence">The same every time.</param>
    /// <param name="most">Most tokens it may have, at least one.</param>
    public int Draft(Sequence sequence, int most)
    {
        int count = Math.Min(Length.Next(), most);
        if (count == 0 || _index.Find(sequence.TokenIds) is not int position)
        {
            return 0;
        }

        sequence.Guess(position, count);
        return count;
    }
}
