using System.Numerics;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// The tokens that may still be drawn, each with a score (a logit, later a weight), in no order. "Before" means a
/// higher score, or the same score and a lower id, so that every selection has exactly one answer. Selections
/// partition, as quickselect does, instead of sorting a vocabulary.
/// </summary>
internal sealed class Candidates(int vocabularySize)
{
    private const int SmallestSelection = 64;

    private readonly float[] _scores = new float[vocabularySize];
    private readonly int[] _ids = new int[vocabularySize];
    private int _count;

    public Span<float> Scores => _scores.AsSpan(0, _count);

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

    /// <summary>Takes the <paramref name="count"/> first of <paramref name="row"/>.</summary>
    public void TakeLargest(ReadOnlySpan<float> row, int count)
    {
        Gather(row, float.NegativeInfinity, float.PositiveInfinity, count);
        KeepLargest(count);
    }

    /// <summary>Takes those of <paramref name="row"/> above a bar.</summary>
    public void TakeAbove(ReadOnlySpan<float> row, float bar) => TakeBetween(row, bar, float.PositiveInfinity);

    /// <summary>Takes those of <paramref name="row"/> above a bar, up to a ceiling and including it.</summary>
    public void TakeBetween(ReadOnlySpan<float> row, float bar, float ceiling) =>
        Gather(row, bar, ceiling, row.Length);

    /// <summary>Keeps the <paramref name="count"/> first.</summary>
    public void KeepLargest(int count)
    {
        (int low, int high) = (0, _count);
        while (low < count && count < high)
        {
            int pivot = Partition(low, high);
            (low, high) = pivot < count ? (pivot + 1, high) : (low, pivot);
        }

        _count = Math.Min(_count, count);
    }

    /// <summary>Keeps those above a bar, at least one of them.</summary>
    public void KeepAbove(float bar)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_scores[i] > bar)
            {
                Swap(i, kept++);
            }
        }

        _count = kept;
    }

    /// <summary>Gives each the score that stands at its id.</summary>
    public void TakeScores(ReadOnlySpan<float> scoreOfId)
    {
        for (int i = 0; i < _count; i++)
        {
            _scores[i] = scoreOfId[_ids[i]];
        }
    }

    /// <summary>Writes the score of each to the place of its id.</summary>
    public void PutScores(Span<float> scoreOfId)
    {
        for (int i = 0; i < _count; i++)
        {
            scoreOfId[_ids[i]] = _scores[i];
        }
    }

    /// <summary>Sum of their weights, each of which stands at its id.</summary>
    public double SumOf(ReadOnlySpan<float> weightOfId) => SumOf(0, _count, weightOfId);

    /// <summary>The lowest score.</summary>
    public float LowestScore()
    {
        float lowest = float.PositiveInfinity;
        foreach (float score in Scores)
        {
            lowest = MathF.Min(lowest, score);
        }

        return lowest;
    }

    /// <summary>Puts them in order. For a few.</summary>
    public void Sort()
    {
        for (int sorted = 1; sorted < _count; sorted++)
        {
            for (int i = sorted; i > 0 && IsBefore(i, i - 1); i--)
            {
                Swap(i, i - 1);
            }
        }
    }

    /// <summary>
    /// Keeps the fewest first ones whose weights sum to at least <paramref name="mass"/>, which is above zero.
    /// </summary>
    /// <param name="mass">How much.</param>
    /// <param name="weightOfId">Weight of each token by its id; empty where the scores are the weights.</param>
    public void KeepMass(double mass, ReadOnlySpan<float> weightOfId = default)
    {
        (int low, int high) = (0, _count);
        while (high - low > 1)
        {
            int pivot = Partition(low, high);
            double before = SumOf(low, pivot, weightOfId);
            if (before >= mass)
            {
                high = pivot;
                continue;
            }

            mass -= before + (weightOfId.IsEmpty ? _scores[pivot] : weightOfId[_ids[pivot]]);
            low = pivot + 1;
            if (mass <= 0)
            {
                high = low;
            }
        }

        _count = high;
    }

    // Takes what is above the bar, up to the ceiling. Each time twice as many as are to be kept have come together, the bar rises to the
    // last of the best, so that soon almost every vector of the row is passed over. A token of the same score that
    // comes later has a higher id: it is not before the last of the best, and "above" needs no regard to ids.
    private void Gather(ReadOnlySpan<float> row, float bar, float ceiling, int keep)
    {
        long full = Math.Max(2L * keep, SmallestSelection);
        _count = 0;
        for (int start = 0; start < row.Length; start += Vector<float>.Count)
        {
            ReadOnlySpan<float> piece = row.Slice(start, Math.Min(Vector<float>.Count, row.Length - start));
            if (!AnyBetween(piece, bar, ceiling))
            {
                continue;
            }

            for (int i = 0; i < piece.Length; i++)
            {
                if (piece[i] > bar && piece[i] <= ceiling)
                {
                    (_scores[_count], _ids[_count]) = (piece[i], start + i);
                    _count++;
                }
            }

            if (_count >= full)
            {
                KeepLargest(keep);
                bar = LowestScore();
            }
        }
    }

    private static bool AnyBetween(ReadOnlySpan<float> piece, float bar, float ceiling)
    {
        if (piece.Length < Vector<float>.Count)
        {
            return true;
        }

        Vector<float> x = new(piece);
        Vector<int> above = Vector.GreaterThan(x, new Vector<float>(bar));
        return (above & Vector.LessThanOrEqual(x, new Vector<float>(ceiling))) != Vector<int>.Zero;
    }

    // Orders [low, high) around one of them, whose index it returns: those before it, itself, those after it.
    private int Partition(int low, int high)
    {
        int last = high - 1;
        Swap(MedianOf(low, low + ((last - low) / 2), last), last);
        int boundary = low;
        for (int i = low; i < last; i++)
        {
            if (IsBefore(i, last))
            {
                Swap(i, boundary++);
            }
        }

        Swap(boundary, last);
        return boundary;
    }

    private int MedianOf(int a, int b, int c)
    {
        if (IsBefore(b, a))
        {
            (a, b) = (b, a);
        }

        if (IsBefore(c, a))
        {
            return a;
        }

        return IsBefore(c, b) ? c : b;
    }

    private bool IsBefore(int a, int b) =>
        _scores[a] > _scores[b] || (_scores[a] == _scores[b] && _ids[a] < _ids[b]);

    private void Swap(int a, int b)
    {
        (_scores[a], _scores[b]) = (_scores[b], _scores[a]);
        (_ids[a], _ids[b]) = (_ids[b], _ids[a]);
    }

    private double SumOf(int low, int high, ReadOnlySpan<float> weightOfId)
    {
        double sum = 0;
        if (weightOfId.IsEmpty)
        {
            foreach (float score in _scores.AsSpan(low, high - low))
            {
                sum += score;
            }

            return sum;
        }

        foreach (int id in _ids.AsSpan(low, high - low))
        {
            sum += weightOfId[id];
        }

        return sum;
    }
}
