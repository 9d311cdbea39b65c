using System.Globalization;

namespace Laser.Cli.Charts;

/// <summary>Puts values on a line from 0 to 1, with ticks at round numbers.</summary>
internal sealed class ChartAxis
{
    private const int MostSteps = 6;
    private const int MostTicks = 8;

    private static readonly double[] RoundDigits = [1, 2, 5, 10];

    private readonly Func<double, double> _scale;
    private readonly double _least;
    private readonly double _most;

    private ChartAxis(Func<double, double> scale, double[] ticks)
    {
        _scale = scale;
        _least = scale(ticks[0]);
        _most = scale(ticks[^1]);
        Ticks = ticks;
    }

    /// <summary>Round numbers; the first is at 0 and the last at 1.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>An axis from zero.</summary>
    /// <param name="values">What must find room, zero or more.</param>
    public static ChartAxis Linear(IEnumerable<double> values)
    {
        double most = values.DefaultIfEmpty(1).Max();
        most = most > 0 ? most : 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(most / MostSteps)));
        double step = RoundDigits.Select(digit => digit * power).First(step => most / step <= MostSteps + 1e-9);
        int steps = (int)Math.Ceiling((most / step) - 1e-9);
        return new ChartAxis(value => value, [.. Enumerable.Range(0, steps + 1).Select(i => i * step)]);
    }

    /// <summary>A logarithmic axis.</summary>
    /// <param name="values">What must find room; those that are not above zero have none.</param>
    public static ChartAxis Logarithmic(IEnumerable<double> values)
    {
        double[] positive = [.. values.Where(value => value > 0)];
        double least = positive.DefaultIfEmpty(1).Min();
        double most = positive.DefaultIfEmpty(10).Max();
        double[] ticks = Between(least, most, [1, 2, 5]);
        return new ChartAxis(Math.Log10, ticks.Length <= MostTicks ? ticks : Between(least, most, [1]));
    }

    /// <summary>Whether the axis has a place for a value.</summary>
    public bool Has(double value) => double.IsFinite(_scale(value));

    /// <summary>Where a value is, 0 to 1 for those that the axis was made for.</summary>
    public double PositionOf(double value) => (_scale(value) - _least) / (_most - _least);

    /// <summary>A number for people.</summary>
    public static string Label(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    // From the last round number that is not above the least value to the first that is not below the greatest.
    private static double[] Between(double least, double most, double[] digits)
    {
        int from = (int)Math.Floor(Math.Log10(least));
        int to = (int)Math.Ceiling(Math.Log10(most)) + 1;
        double[] all =
        [
            .. Enumerable.Range(from, to - from + 1).SelectMany(power => digits.Select(d => d * Math.Pow(10, power))),
        ];
        int first = Array.FindLastIndex(all, tick => tick <= least * (1 + 1e-9));
        int last = Array.FindIndex(all, tick => tick >= most * (1 - 1e-9));
        return all[first..(Math.Max(first + 1, last) + 1)];
    }
}
