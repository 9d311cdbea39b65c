namespace Laser.Serve.Simulation.Costs;

/// <summary>
/// Finds the <see cref="CostModel"/> that is nearest to measured steps: least squares of the relative errors, so that
/// a short step counts as much as a long one. No coefficient is below zero: one that would be is left out, the lowest
/// first, and the others are fitted again.
/// </summary>
public static class CostFit
{
    private const int TermCount = 5;

    /// <summary>Fits.</summary>
    /// <param name="samples">At least as many as there are coefficients.</param>
    /// <exception cref="ArgumentException">
    /// There are too few samples, one took no time, or no coefficient is above zero.
    /// </exception>
    public static CostModel Fit(IReadOnlyCollection<StepSample> samples)
    {
        if (samples.Count < TermCount || samples.Any(sample => !(sample.Seconds > 0)))
        {
            throw new ArgumentException($"A fit takes {TermCount} steps or more that all took some time.");
        }

        List<int> terms = [.. Enumerable.Range(0, TermCount)];
        double[] seconds = [];
        while (terms.Count > 0)
        {
            seconds = Solve(samples, terms);
            if (seconds.Min() >= 0)
            {
                break;
            }

            terms.RemoveAt(Array.IndexOf(seconds, seconds.Min()));
        }

        double Of(int term) => terms.Contains(term) ? seconds[terms.IndexOf(term)] : 0;
        var cost = new CostModel
        {
            Step = Of(0),
            Token = Of(1),
            Sequence = Of(2),
            ContextToken = Of(3),
            Attended = Of(4),
        };
        return cost.FindError() is string error ? throw new ArgumentException(error) : cost;
    }

    /// <summary>How far a model is from measured steps: the mean of <c>|predicted - measured| / measured</c>.</summary>
    public static double MeanError(CostModel cost, IReadOnlyCollection<StepSample> samples) =>
        samples.Average(sample => Math.Abs((cost.SecondsOf(sample.Shape) / sample.Seconds) - 1));

    private static double[] TermsOf(StepShape shape) =>
        [1, shape.TokenCount, shape.SequenceCount, shape.ContextTokenCount, shape.AttendedCount];

    // The normal equations, with columns of length one: counts of attended pairs are millions times the others.
    private static double[] Solve(IReadOnlyCollection<StepSample> samples, List<int> terms)
    {
        int n = terms.Count;
        double[] scales = new double[n];
        double[,] equations = new double[n, n + 1];
        double[][] rows = [.. samples.Select(sample =>
        {
            double[] all = TermsOf(sample.Shape);
            return terms.Select(term => all[term] / sample.Seconds).ToArray();
        })];
        for (int i = 0; i < n; i++)
        {
            scales[i] = Math.Sqrt(rows.Sum(row => row[i] * row[i]));
        }

        foreach (double[] row in rows)
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    equations[i, j] += row[i] * row[j] / (scales[i] * scales[j]);
                }

                equations[i, n] += row[i] / scales[i];
            }
        }

        return [.. LinearEquations.Solve(equations).Select((x, i) => x / scales[i])];
    }
}
