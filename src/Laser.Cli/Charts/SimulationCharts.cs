using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Charts;

/// <summary>Charts of a simulation.</summary>
internal static class SimulationCharts
{
    private const double Milliseconds = 1000;
    private const string Rate = "requests sent a second";

    /// <summary>Throughput and latency over the arrival rate.</summary>
    /// <param name="runs">The runs, at least one.</param>
    public static IReadOnlyList<LineChart> Of(IReadOnlyList<RunResult> runs) =>
    [
        new LineChart
        {
            Title = "Throughput and goodput",
            XLabel = Rate,
            YLabel = "requests/s",
            Series =
            [
                Series(runs, "finished", run => run.RequestsPerSecond),
                Series(runs, "within the service level", run => run.Goodput),
            ],
        },
        new LineChart
        {
            Title = "Latency",
            XLabel = Rate,
            YLabel = "ms",
            LogarithmicY = true,
            Series =
            [
                Series(runs, "first token, p50", run => run.Ttft.Median * Milliseconds),
                Series(runs, "first token, p99", run => run.Ttft.P99 * Milliseconds),
                Series(runs, "inter-token, p50", run => run.Itl.Median * Milliseconds),
                Series(runs, "inter-token, p99", run => run.Itl.P99 * Milliseconds),
            ],
        },
    ];

    private static ChartSeries Series(IReadOnlyList<RunResult> runs, string name, Func<RunResult, double> value) =>
        new(name, [.. runs.OrderBy(run => run.Rate).Select(run => (run.Rate, value(run)))]);
}
