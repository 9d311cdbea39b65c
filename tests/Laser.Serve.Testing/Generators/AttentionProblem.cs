using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Testing.Generators;

/// <summary>
/// One sequence of one head with prescribed scores. Scores form as many columns as there are value channels, because
/// that is what a backend can be given exactly: key t is row t of the scores, query row p is the unit vector of column
/// <see cref="ColumnOf"/>, the scale is 1, so query p scores token t with <c>Scores[t, ColumnOf(p)]</c> to the last
/// bit. Query p sees tokens 0..p.
/// </summary>
public sealed class AttentionProblem
{
    private readonly Lazy<double[]> _expected;

    /// <param name="name">For messages.</param>
    /// <param name="tokens">Length of the sequence.</param>
    /// <param name="channels">Value channels, and score columns.</param>
    /// <param name="queryCount">The last so many rows are looked at.</param>
    public AttentionProblem(string name, int tokens, int channels, int queryCount)
    {
        Name = name;
        Tokens = tokens;
        Channels = channels;
        QueryCount = queryCount;
        Scores = new float[tokens * channels];
        Values = new float[tokens * channels];
        _expected = new Lazy<double[]>(Solve);
    }

    public string Name { get; }

    public int Tokens { get; }

    public int Channels { get; }

    public int QueryCount { get; }

    /// <summary>First row that is looked at.</summary>
    public int FirstQuery => Tokens - QueryCount;

    /// <summary><c>[Tokens, Channels]</c>: score of a token for the queries of a column.</summary>
    public float[] Scores { get; }

    /// <summary><c>[Tokens, Channels]</c>.</summary>
    public float[] Values { get; }

    public float? ValueSoftclamp { get; init; }

    public float? LogFloor { get; init; }

    /// <summary>What the oracle says, <c>[QueryCount, Channels]</c>. Solved once, on first use.</summary>
    public double[] Expected => _expected.Value;

    /// <summary>Largest magnitude of a score.</summary>
    public double LargestScore => Scores.Max(MathF.Abs);

    /// <summary>One head of <see cref="Channels"/>, scale 1.</summary>
    public LaserAttentionSpec Spec =>
        new(AttentionVariant.Laser, 1, 1, Channels, 1, ValueSoftclamp, LogFloor);

    /// <summary>Score column of a query row.</summary>
    public int ColumnOf(int row) => row % Channels;

    /// <summary>Sets the score of a token for every query.</summary>
    public void SetScore(int token, double score) =>
        Scores.AsSpan(token * Channels, Channels).Fill((float)score);

    /// <summary>Sets the value of a token in every channel.</summary>
    public void SetValue(int token, double value) =>
        Values.AsSpan(token * Channels, Channels).Fill((float)value);

    /// <summary>Copies the scores that a query row sees.</summary>
    public float[] VisibleScores(int row)
    {
        float[] scores = new float[row + 1];
        for (int t = 0; t <= row; t++)
        {
            scores[t] = Scores[(t * Channels) + ColumnOf(row)];
        }

        return scores;
    }

    /// <summary>The same problem with changed scores or values.</summary>
    public AttentionProblem With(string name, Action<AttentionProblem> change)
    {
        var changed = new AttentionProblem($"{Name}, {name}", Tokens, Channels, QueryCount)
        {
            ValueSoftclamp = ValueSoftclamp,
            LogFloor = LogFloor,
        };
        Scores.CopyTo(changed.Scores, 0);
        Values.CopyTo(changed.Values, 0);
        change(changed);
        return changed;
    }

    private double[] Solve()
    {
        double[] expected = new double[QueryCount * Channels];
        for (int i = 0; i < QueryCount; i++)
        {
            float[] scores = VisibleScores(FirstQuery + i);
            LaserAttentionOracle.Attend(
                Spec,
                Array.ConvertAll(scores, s => (double)s),
                Values.AsSpan(0, scores.Length * Channels),
                expected.AsSpan(i * Channels, Channels));
        }

        return expected;
    }
}
