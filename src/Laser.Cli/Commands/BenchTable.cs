using Laser.Cli.Bench;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Commands;

/// <summary>What a bench has found out, for people.</summary>
internal static class BenchTable
{
    /// <summary>A row for each level, written as soon as it is there.</summary>
    public static ResultTable<LevelResult> Create(TextWriter writer, LoadMode mode) => new(
        writer,
        (mode == LoadMode.Rate ? "rate/s" : "clients", level => Text(level)),
        ("done", level => $"{level.Finished}"),
        ("done/s", level => Cells.Number(level.RequestsPerSecond)),
        ("good/s", level => Cells.Number(level.Goodput)),
        ("tok/s", level => $"{level.OutputTokensPerSecond:0}"),
        ("prompt tok/s", level => $"{level.PromptTokensPerSecond:0}"),
        ("ttft p50", level => Cells.Milliseconds(level.Ttft.Median)),
        ("ttft p99", level => Cells.Milliseconds(level.Ttft.P99)),
        ("itl p50", level => Cells.Milliseconds(level.Itl.Median)),
        ("itl p99", level => Cells.Milliseconds(level.Itl.P99)),
        ("total p50", level => Cells.Milliseconds(level.Total.Median)),
        ("total p99", level => Cells.Milliseconds(level.Total.P99)),
        ("failed", level => $"{level.Failed}"),
        ("late", level => $"{level.Late}"));

    /// <summary>All latencies of the levels.</summary>
    public static void WriteLatencies(TextWriter writer, IReadOnlyList<LevelResult> levels)
    {
        var table = new ResultTable<(LevelResult Level, string Name, LatencySummary Times)>(
            writer,
            (levels[0].Mode == LoadMode.Rate ? "rate/s" : "clients", row => Text(row.Level)),
            ("             in ms", row => row.Name),
            ("   mean", row => Cells.Milliseconds(row.Times.Mean)),
            ("    p50", row => Cells.Milliseconds(row.Times.Median)),
            ("    p90", row => Cells.Milliseconds(row.Times.P90)),
            ("    p99", row => Cells.Milliseconds(row.Times.P99)),
            ("    max", row => Cells.Milliseconds(row.Times.Max)));
        foreach (LevelResult level in levels)
        {
            table.Add((level, "first token", level.Ttft));
            table.Add((level, "token to token", level.Itl));
            table.Add((level, "message to message", level.MessageGap));
            table.Add((level, "mean per token", level.Tpot));
            table.Add((level, "whole request", level.Total));
            table.Add((level, "in server's queue", level.Queue));
        }
    }

    private static string Text(LevelResult level) => new BenchLevel(level.Mode, level.Value).Text;
}
