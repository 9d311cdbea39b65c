using System.Runtime.InteropServices;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Bench;

/// <summary>Durations in seconds, all kept, so that quantiles are exact (nearest rank). Not thread-safe.</summary>
internal sealed class Sample
{
    private readonly List<double> _values = [];
    private bool _isSorted = true;

    public int Count => _values.Count;

    /// <summary>Notes a duration.</summary>
    /// <param name="seconds">The duration.</param>
    /// <param name="times">How often it occurred.</param>
    public void Add(double seconds, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _values.Add(seconds);
        }

        _isSorted = false;
    }

    /// <summary>The least of the values that this part of them does not exceed; 0 where there are none.</summary>
    /// <param name="part">0 to 1; 0 is the least value.</param>
    public double Quantile(double part)
    {
        if (!_isSorted)
        {
            CollectionsMarshal.AsSpan(_values).Sort();
            _isSorted = true;
        }

        int rank = (int)Math.Ceiling(part * _values.Count);
        return _values.Count == 0 ? 0 : _values[Math.Max(0, rank - 1)];
    }

    /// <summary>Quantiles from the least value to the greatest, evenly spread; empty without values.</summary>
    /// <param name="steps">One less than there are to be.</param>
    public double[] Quantiles(int steps) =>
        _values.Count == 0 ? [] : [.. Enumerable.Range(0, steps + 1).Select(i => Quantile((double)i / steps))];

    public LatencySummary Summarize() => new()
    {
        Mean = _values.Count == 0 ? 0 : _values.Average(),
        Median = Quantile(0.5),
        P90 = Quantile(0.9),
        P99 = Quantile(0.99),
        Max = Quantile(1),
    };
}
