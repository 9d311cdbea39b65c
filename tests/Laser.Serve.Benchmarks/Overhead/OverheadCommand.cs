using System.CommandLine;
using Laser.Serve.Benchmarks.Speed;
using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Benchmarks.Overhead;

/// <summary>
/// <c>overhead</c>: what drawing tokens, making text and gRPC take of the engine's throughput with eight sequences. All
/// with one engine, that of a server in this process, for two processes differ by more; its clients have the same
/// processors.
/// </summary>
internal static class OverheadCommand
{
    // The compiler is busy with code that is new for some seconds.
    private const int WarmUpRounds = 3;

    public static Command Create()
    {
        var model = new Option<DirectoryInfo?>("--model")
        {
            Description = "Checkpoint folder (default: the bundled model).",
        };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
        var tokens = new Option<int>("--tokens")
        {
            Description = "Tokens of a stream.",
            DefaultValueFactory = _ => 256,
        };
        Option<string[]> settings = SettingOption.Create();
        var command = new Command("overhead", "Share of sampler, detokenizer and gRPC.")
        {
            model, rounds, tokens, settings,
        };
        command.SetAction(async result =>
        {
            string? folder = result.GetValue(model)?.FullName;
            string[] set = result.GetRequiredValue(settings);
            await using WebApplication server = LaserServer.Build(
                ["--grpc-port=0", "--http-port=0", .. folder is null ? [] : new[] { $"--model={folder}" },
                    .. SettingOption.Arguments(set)],
                builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
            await server.StartAsync();
            ServedModel served = await server.Services.GetRequiredService<ModelState>().Loaded;
            var run = new OverheadRun(served, LaserServer.GrpcAddress(server), result.GetValue(tokens));
            Print(served.Name, await MeasureAsync(run, result.GetValue(rounds)));
            await server.StopAsync();
            await PrintServingShareAsync(folder, set, served, result.GetValue(tokens), result.GetValue(rounds));
        });
        return command;
    }

    // A server in a process of its own, so that its clients are not counted.
    private static async Task PrintServingShareAsync(
        string? folder, string[] set, ServedModel model, int tokens, int rounds)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using ServerProcess server = await ServerProcess.StartAsync(
            [.. SettingOption.Arguments(set), .. folder is null ? [] : new[] { "--model", folder }]);
        var run = new OverheadRun(model, server.Grpc, tokens);
        List<double> shares = [];
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            ThreadTimes before = ThreadTimes.Of(server.Id);
            await run.Stages[^1].Measure();
            if (round >= 0)
            {
                shares.Add(ThreadTimes.Of(server.Id).ServingShareSince(before));
            }
        }

        Console.WriteLine();
        Console.WriteLine(
            "Of a server's processor time, clients not counted, text and gRPC (all threads but those that compute) take "
            + $"{Figures.Spread(shares, "0.0 %")}.");
    }

    // Rates of each stage, round by round.
    private static async Task<List<(string Name, List<double> Rates)>> MeasureAsync(OverheadRun run, int rounds)
    {
        List<(string Name, List<double> Rates)> stages =
            [.. run.Stages.Select(stage => (stage.Name, new List<double>()))];
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            for (int i = 0; i < stages.Count; i++)
            {
                double rate = await run.Stages[i].Measure();
                if (round >= 0)
                {
                    stages[i].Rates.Add(rate);
                }
            }
        }

        return stages;
    }

    private static void Print(string model, List<(string Name, List<double> Rates)> stages)
    {
        Console.WriteLine(
            $"{DateTime.Now:yyyy-MM-dd}, {Machine.Processor}, {Environment.ProcessorCount} processors; "
            + $"{model}, {OverheadRun.StreamCount} sequences, medians of {stages[0].Rates.Count} rounds (least to most).");
        Console.WriteLine();
        Console.WriteLine("| each on top of the one before | tokens/s | takes, of the engine alone | all so far |");
        Console.WriteLine("|---|---:|---:|---:|");
        List<double> engine = stages[0].Rates;
        List<double> before = engine;
        foreach ((string name, List<double> rates) in stages)
        {
            double[] own = [.. rates.Select((rate, round) => (before[round] - rate) / engine[round])];
            double[] all = [.. rates.Select((rate, round) => 1 - (rate / engine[round]))];
            Console.WriteLine(ReferenceEquals(rates, engine)
                ? $"| {name} | {Figures.Spread(rates, "0")} | | |"
                : $"| {name} | {Figures.Spread(rates, "0")} | {Figures.Spread(own, "0.0 %")} | {Figures.Spread(all, "0.0 %")} |");
            before = rates;
        }
    }
}
