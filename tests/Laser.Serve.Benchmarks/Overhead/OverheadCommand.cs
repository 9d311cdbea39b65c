using System.CommandLine;
using Laser.Serve.Benchmarks.Speed;

namespace Laser.Serve.Benchmarks.Overhead;

/// <summary>
/// <c>overhead</c>: what drawing tokens, making text and gRPC take of the engine's throughput with eight sequences. The
/// engine in this process and a server in another take turns; the processors are shared with the client.
/// </summary>
internal static class OverheadCommand
{
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
            IEnumerable<string> arguments = SettingOption.Arguments(set);
            await using MeasuredEngine local = MeasuredEngine.Start(SettingOption.Bind(folder, set));
            await using ServerProcess server =
                await ServerProcess.StartAsync([.. arguments, .. folder is null ? [] : new[] { "--model", folder }]);
            var run = new OverheadRun(local, server, result.GetValue(tokens));
            Print(local.Model.Name, await MeasureAsync(run, result.GetValue(rounds)));
        });
        return command;
    }

    // Rates of each stage, round by round.
    private static async Task<List<(string Name, List<double> Rates)>> MeasureAsync(OverheadRun run, int rounds)
    {
        List<(string Name, List<double> Rates)> stages =
            [.. run.Stages.Select(stage => (stage.Name, new List<double>()))];
        for (int round = -1; round < rounds; round++)
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
        Console.WriteLine($"{model}, {OverheadRun.StreamCount} sequences");
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
                ? $"| {name} | {Spread(rates, "0")} | | |"
                : $"| {name} | {Spread(rates, "0")} | {Spread(own, "0.0 %")} | {Spread(all, "0.0 %")} |");
            before = rates;
        }
    }

    private static string Spread(IReadOnlyList<double> values, string format) =>
        $"{Figures.Text(Figures.Median(values), format)} ({Figures.Text(values.Min(), format)} to "
        + $"{Figures.Text(values.Max(), format)})";
}
