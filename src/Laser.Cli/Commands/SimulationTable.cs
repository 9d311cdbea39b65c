using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Commands;

/// <summary>Results of a simulation for people: a row for each arrival rate, written as soon as it is there.</summary>
internal static class SimulationTable
{
    public static ResultTable<RunResult> Create(TextWriter writer) => new(
        writer,
        ("rate/s", run => Cells.Number(run.Rate)),
        ("done/s", run => Cells.Number(run.RequestsPerSecond)),
        ("good/s", run => Cells.Number(run.Goodput)),
        ("tok/s", run => $"{run.TokensPerSecond:0}"),
        ("ttft p50", run => Cells.Milliseconds(run.Ttft.Median)),
        ("ttft p99", run => Cells.Milliseconds(run.Ttft.P99)),
        ("itl p50", run => Cells.Milliseconds(run.Itl.Median)),
        ("itl p99", run => Cells.Milliseconds(run.Itl.P99)),
        ("queue p50", run => Cells.Milliseconds(run.Queue.Median)),
        ("queue p99", run => Cells.Milliseconds(run.Queue.P99)),
        ("busy", run => Cells.Percent(run.Utilisation)),
        ("batch", run => $"{run.MeanBatch:0.0}"),
        ("cache use", run => Cells.Percent(run.CacheUse)),
        ("cache hit", run => Cells.Percent(run.CacheHitShare)),
        ("preempted", run => $"{run.Preemptions}"),
        ("refused", run => Cells.Percent((double)(run.Refused + run.TooLong) / run.Requests)),
        ("ended early", run => Cells.Percent((double)(run.Cancelled + run.TimedOut + run.Failed) / run.Requests)));
}
