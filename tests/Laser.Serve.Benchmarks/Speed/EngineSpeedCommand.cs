using System.CommandLine;
using Laser.Serve.Compute;
using Laser.Serve.Hosting;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary>
/// <c>engine-speed</c>: tokens per second through the engine, and what the machine can give in the same process. Several
/// models take turns within each case. Prints lines <c>program,case,median,best</c>.
/// </summary>
internal static class EngineSpeedCommand
{
    private const int NotTaken = 3;
    private const int RoofRounds = 5;

    // Turns that each of several models has with a case, and steps before all that warm a case up.
    private const int Turns = 8;
    private const int WarmUpSteps = 8;

    public static Command Create()
    {
        var models = new Option<DirectoryInfo[]>("--model") { Description = "Checkpoint folder; may be repeated.", Required = true };
        var cases = new Option<string[]>("--case")
        {
            Description = "decode:BATCH:CONTEXT:STEPS[:drawn] or prefill:TOKENS:TIMES; may be repeated.",
            Required = true,
        };
        Option<string[]> settings = SettingOption.Create();
        var label = new Option<string>("--label")
        {
            Description = "Name in the results.",
            DefaultValueFactory = _ => "ours",
        };
        var command = new Command("engine-speed", "Tokens per second through the engine.")
        {
            models, cases, settings, label,
        };
        command.SetAction(async result =>
        {
            SpeedCase[] all = [.. result.GetRequiredValue(cases).Select(SpeedCase.Parse)];
            ServerOptions[] options;
            try
            {
                string[] set = result.GetRequiredValue(settings);
                options = [.. result.GetRequiredValue(models).Select(model => SettingOption.Bind(model.FullName, set))];
            }
            catch (ArgumentException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return NotTaken;
            }

            await RunAsync(options, all, result.GetRequiredValue(label));
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(ServerOptions[] options, SpeedCase[] cases, string label)
    {
        using var roof = new Roof(TimeProvider.System, options[0].Model.Threads ?? Environment.ProcessorCount);
        List<MeasuredEngine> engines = [];
        try
        {
            foreach (ServerOptions served in options)
            {
                engines.Add(MeasuredEngine.Start(served));
                foreach (SpeedCase one in cases)
                {
                    await engines[^1].MeasureAsync(one.IsDecode ? one with { Count = WarmUpSteps } : one with { Count = 1 });
                }
            }

            // Before and behind the cases, because what the machine gives changes.
            List<double> multiplyAdd = [.. Rounds(roof.MultiplyRate)];
            List<double> read = [.. Rounds(roof.ReadRate)];
            foreach (SpeedCase one in cases)
            {
                await MeasureAsync(engines, one, label, roof, read);
            }

            Print(label, "roof read", read);
            Print(label, "roof fma", multiplyAdd.Concat(Rounds(roof.MultiplyRate)));
        }
        finally
        {
            foreach (MeasuredEngine engine in engines)
            {
                await engine.DisposeAsync();
            }
        }
    }

    private static async Task MeasureAsync(
        List<MeasuredEngine> engines, SpeedCase one, string label, Roof roof, List<double> read)
    {
        int turns = engines.Count == 1 ? 1 : Math.Min(Turns, one.Count);
        var speeds = new List<double>[engines.Count];
        var shares = new List<double>[engines.Count];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int i = 0; i < engines.Count; i++)
            {
                double[] now = await engines[i].MeasureAsync(one with { Count = one.Count / turns });
                (speeds[i] ??= []).AddRange(now);
                if (one.IsDecode && one.Batch == 1 && ReadBytes(engines[i].Model) is double bytes)
                {
                    double[] roofs = Rounds(roof.ReadRate);
                    read.AddRange(roofs);
                    (shares[i] ??= []).AddRange(now.Select(speed => speed * bytes / 1e9 / Figures.Median(roofs)));
                }
            }
        }

        for (int i = 0; i < engines.Count; i++)
        {
            string name = engines[i].IsLaser ? label : $"{label} softmax";
            Print(name, one.Key, speeds[i]);
            if (shares[i] is not null)
            {
                Print(name, $"share {one.Key}", shares[i]);
            }
        }
    }

    // In 10^9 per second.
    private static double[] Rounds(Func<double> rate) =>
        [.. Enumerable.Range(0, RoofRounds).Select(_ => rate() / 1e9)];

    // Weights that a token reads, all but the embedding, of which it reads a row. Only for weights as they are stored.
    private static double? ReadBytes(RunnableModel model)
    {
        if (!model.WeightType.Equals(nameof(DataType.BFloat16), StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        long embedding = model.Config.TieWordEmbeddings
            ? 0
            : (long)model.Config.VocabularySize * model.Config.HiddenSize;
        return 2.0 * (model.ParameterCount - embedding);
    }

    private static void Print(string program, string key, IEnumerable<double> values)
    {
        double[] all = [.. values];
        Console.WriteLine(
            $"{program},{key},{Figures.Text(Figures.Median(all), "0.000")},{Figures.Text(all.Max(), "0.000")}");
    }
}
