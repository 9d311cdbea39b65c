using System.CommandLine;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>
/// Loads a server of its own with more than it can do, by clients that behave and clients that do not, and checks that
/// every call ends as it may, nothing is left behind and nothing grows. Ends with 1 if anything is wrong.
/// </summary>
internal static class SoakCommand
{
    // More than run at one time, less than run and wait: the server is busy and refuses nobody.
    private const int ClosedCallCount = 64;

    // A small cache and a short queue are full all the time: prefixes are evicted, admission waits, clients are refused.
    private static readonly string[] Server =
    [
        "--Laser:Engine:KvCacheMebibytes=24", "--Laser:Engine:MaxQueuedRequests=96", "--Laser:Engine:StallSeconds=10",
    ];

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 20 };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var load = new Option<double>("--load")
        {
            DefaultValueFactory = _ => 1.2,
            Description = "Calls that come in a second, as a share of those that the server can do.",
        };
        var settings = new Option<string[]>("--set")
        {
            DefaultValueFactory = _ => [],
            Description = "Settings of the server as well, such as Engine:Admission=Optimistic.",
        };
        var command = new Command("soak", "A long overload by clients of all kinds: leaks, stuck calls, wrong ends.")
        {
            minutes, seed, load, settings,
        };
        command.SetAction(result => RunAsync(
            TimeSpan.FromMinutes(result.GetValue(minutes)),
            result.GetValue(seed),
            result.GetValue(load),
            [.. Server, .. result.GetRequiredValue(settings).Select(setting => $"--Laser:{setting}")]));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan duration, int seed, double share, string[] settings)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(settings);
        var tally = new SoakTally();
        var watch = new ServerWatch(server, tally);
        ServerWatch.Look before;
        ServerLoad idle;
        using (var load = new SoakLoad(server, new SoakPlanner(seed), tally))
        {
            await load.AskKnownAsync();
            await load.RunClosedAsync(ClosedCallCount, TimeSpan.FromSeconds(20));
            double capacity = await load.RunClosedAsync(ClosedCallCount, TimeSpan.FromSeconds(20));
            await watch.WhenIdleAsync(TimeSpan.FromSeconds(30));
            before = watch.Now;
            Console.WriteLine(
                $"capacity {Figures.Text(capacity)} calls/s to begin with, load {share} times that, "
                + $"{duration.TotalMinutes} min, seed {seed}");
            (int ended, int refused) = (tally.EndedCount, tally.RefusedCount);

            using var stop = new CancellationTokenSource();
            Task watching = watch.RunAsync(stop.Token);
            await load.RunOpenAsync(share, capacity, duration, new Random(seed));
            await stop.CancelAsync();
            await watching;
            (ended, refused) = (tally.EndedCount - ended, tally.RefusedCount - refused);
            Console.WriteLine(
                $"{Figures.Text(ended / duration.TotalSeconds)} calls/s came, {Figures.Text(100.0 * refused / ended)} % refused");
            idle = await watch.WhenIdleAsync(TimeSpan.FromSeconds(30));
            await load.AskKnownAsync();
        }

        await Task.Delay(TimeSpan.FromSeconds(5)); // connections close behind the clients
        var rules = new SoakRules(tally);
        rules.Check(watch, before, watch.Now, idle);
        using var http = new HttpClient { BaseAddress = server.Http };
        rules.CheckMetrics(await http.GetStringAsync("/metrics"));
        tally.Print();
        Console.WriteLine($"\n{tally.EndedCount} calls, {tally.ViolationCount} violations");
        return tally.ViolationCount == 0 ? 0 : 1;
    }
}
