using System.Globalization;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>What must hold for the server when a soak is over, and the table that shows it.</summary>
internal sealed class SoakRules(SoakTally tally)
{
    // Room for the moods of a garbage collector and a thread pool; a leak of a byte for each token, a thread or a socket
    // for each hundredth call is far beyond it in twenty minutes.
    private const double MemoryShare = 0.05;
    private const double MemoryMebibytes = 12;
    private const int Threads = 8;
    private const int Handles = 24;

    /// <summary>Prints the figures of the server and notes what is against the rules.</summary>
    public void Check(ServerWatch watch, ServerWatch.Look before, ServerWatch.Look after, ServerLoad idle)
    {
        int third = watch.Looks.Count / 3;
        ServerWatch.Look[] first = [.. watch.Looks.Take(third)];
        ServerWatch.Look[] last = [.. watch.Looks.Skip(watch.Looks.Count - third)];
        Console.WriteLine("\n| server | first third, median | last third, median | idle before | idle after |");
        Console.WriteLine("|---|---|---|---|---|");
        Level("memory, MiB", look => look.Memory, MemoryMebibytes, MemoryShare);
        Level("threads", look => look.Threads, Threads);
        Level("files and sockets", look => look.Handles, Handles);
        Console.WriteLine(
            $"\nhealth, {watch.Health.Count} checks: median {Figures.Text(Figures.Median(watch.Health))} ms, "
            + $"largest {Figures.Text(watch.Health.Max())} ms");
        Console.WriteLine(
            $"idle after {idle.Steps} steps: {idle.RunningSequences} running, {idle.WaitingRequests} waiting, "
            + $"{idle.UsedBlocks} of {idle.TotalBlocks} blocks used, {idle.CachedBlocks} cached");
        if (idle.RunningSequences + idle.WaitingRequests + idle.UsedBlocks > 0)
        {
            tally.Violated($"the engine is not idle: {idle}");
        }

        void Level(string name, Func<ServerWatch.Look, double> value, double room, double share = 0)
        {
            double early = Figures.Median(first.Select(value));
            double late = Figures.Median(last.Select(value));
            (double start, double end) = (value(before), value(after));
            Console.WriteLine($"| {name} | {Text(early)} | {Text(late)} | {Text(start)} | {Text(end)} |");
            if (late > (early * (1 + share)) + room || end > (start * (1 + share)) + room)
            {
                tally.Violated(
                    $"{name} rises: {Text(early)} to {Text(late)} under load, {Text(start)} to {Text(end)} idle");
            }
        }
    }

    /// <summary>The blocks that the metrics count must be all there are.</summary>
    public void CheckMetrics(string metrics)
    {
        double free = Read("laser_kv_blocks_free");
        double cached = Read("laser_kv_blocks_cached");
        double used = Read("laser_kv_blocks_used");
        double total = Read("laser_kv_blocks_capacity");
        if (used != 0 || free + cached != total)
        {
            tally.Violated($"blocks: {free} free, {cached} cached, {used} used of {total}");
        }

        foreach (string line in metrics.Split('\n'))
        {
            if (line.StartsWith("laser_failed_requests", StringComparison.Ordinal))
            {
                Console.WriteLine(line);
            }
        }

        double Read(string name) => double.Parse(
            metrics.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1],
            CultureInfo.InvariantCulture);
    }

    private static string Text(double value) => Figures.Text(value, "0");
}
