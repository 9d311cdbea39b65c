using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Commands;

/// <summary>Results of a simulation for people: a row for each arrival rate, written as soon as it is there.</summary>
internal sealed class SimulationTable(TextWriter writer)
{
    private static readonly (string Name, Func<RunResult, string> Value)[] Columns =
    [
        ("rate/s", run => Number(run.Rate)),
        ("done/s", run => Number(run.RequestsPerSecond)),
        ("good/s", run => Number(run.Goodput)),
        ("tok/s", run => $"{run.TokensPerSecond:0}"),
        ("ttft p50", run => Milliseconds(run.Ttft.Median)),
        ("ttft p99", run => Milliseconds(run.Ttft.P99)),
        ("itl p50", run => Milliseconds(run.Itl.Median)),
        ("itl p99", run => Milliseconds(run.Itl.P99)),
        ("queue p50", run => Milliseconds(run.Queue.Median)),
        ("queue p99", run => Milliseconds(run.Queue.P99)),
        ("busy", run => Percent(run.Utilisation)),
        ("batch", run => $"{run.MeanBatch:0.0}"),
        ("cache use", run => Percent(run.CacheUse)),
        ("cache hit", run => Percent(run.CacheHitShare)),
        ("preempted", run => $"{run.Preemptions}"),
        ("refused", run => Percent((double)(run.Refused + run.TooLong) / run.Requests)),
        ("ended early", run => Percent((double)(run.Cancelled + run.TimedOut + run.Failed) / run.Requests)),
    ];

    private bool _hasHeading;

    public void Add(RunResult run)
    {
        if (!_hasHeading)
        {
            _hasHeading = true;
            writer.WriteLine($"| {string.Join(" | ", Columns.Select(column => column.Name))} |");
            IEnumerable<string> rulers = Columns.Select(column => new string('-', column.Name.Length + 1));
            writer.WriteLine($"|{string.Join(":|", rulers)}:|");
        }

        IEnumerable<string> cells = Columns.Select(column => column.Value(run).PadLeft(column.Name.Length));
        writer.WriteLine($"| {string.Join(" | ", cells)} |");
        writer.Flush();
    }

    private static string Number(double value) => value < 100 ? $"{value:0.00}" : $"{value:0}";

    private static string Milliseconds(double seconds) =>
        seconds < 0.1 ? $"{seconds * 1000:0.0}" : $"{seconds * 1000:0}";

    private static string Percent(double part) => $"{part * 100:0.0} %";
}
