using Laser.Cli.Bench;

namespace Laser.Cli.Charts;

/// <summary>Charts of a bench.</summary>
internal static class BenchCharts
{
    private const double Milliseconds = 1000;

    // In milliseconds. Less is no time between tokens: the client found two messages at once.
    private const double LeastGap = 0.01;

    // A range of levels that a linear axis would press into its left end.
    private const double WideRange = 12;

    /// <summary>Throughput and latency over several levels, and how inter-token times spread.</summary>
    /// <param name="levels">The levels, at least one, all of one mode.</param>
    public static IReadOnlyList<LineChart> Of(IReadOnlyList<LevelResult> levels) =>
        levels.Count == 1 ? [Spread(levels)] : [Requests(levels), Tokens(levels), Latency(levels), Spread(levels)];

    private static LineChart Requests(IReadOnlyList<LevelResult> levels) => OverLevels(
        levels,
        "Throughput and goodput",
        "requests/s",
        ("finished", level => level.RequestsPerSecond),
        ("within the service level", level => level.Goodput));

    private static LineChart Tokens(IReadOnlyList<LevelResult> levels) => OverLevels(
        levels,
        "Tokens",
        "tokens/s",
        ("output", level => level.OutputTokensPerSecond),
        ("prompt", level => level.PromptTokensPerSecond));

    private static LineChart Latency(IReadOnlyList<LevelResult> levels) => OverLevels(
        levels,
        "Latency",
        "ms",
        ("first token, p50", level => level.Ttft.Median * Milliseconds),
        ("first token, p99", level => level.Ttft.P99 * Milliseconds),
        ("inter-token, p50", level => level.Itl.Median * Milliseconds),
        ("inter-token, p99", level => level.Itl.P99 * Milliseconds)) with
    {
        LogarithmicY = true,
    };

    private static LineChart Spread(IReadOnlyList<LevelResult> levels) => new()
    {
        Title = "Inter-token time: part of the tokens within it",
        XLabel = "ms",
        YLabel = "%",
        LogarithmicX = true,
        Series =
        [
            .. levels.Where(level => level.ItlQuantiles.Length > 0).Select(level => new ChartSeries(
                new BenchLevel(level.Mode, level.Value).ToString(),
                [.. CurveOf(level.ItlQuantiles)])),
        ],
    };

    private static IEnumerable<(double X, double Y)> CurveOf(double[] quantiles) => quantiles
        .Select((time, i) => (X: time * Milliseconds, Y: 100.0 * i / (quantiles.Length - 1)))
        .Where(point => point.X >= LeastGap);

    private static LineChart OverLevels(
        IReadOnlyList<LevelResult> levels,
        string title,
        string unit,
        params (string Name, Func<LevelResult, double> Value)[] lines) => new()
        {
            Title = title,
            XLabel = levels[0].Mode == LoadMode.Rate ? "requests sent a second" : "clients at one time",
            YLabel = unit,
            LogarithmicX = levels.Max(level => level.Value) > WideRange * levels.Min(level => level.Value),
            Series = [.. lines.Select(line => Series(levels, line.Name, line.Value))],
        };

    private static ChartSeries Series(
        IReadOnlyList<LevelResult> levels, string name, Func<LevelResult, double> value) =>
        new(name, [.. levels.OrderBy(level => level.Value).Select(level => (level.Value, value(level)))]);
}
