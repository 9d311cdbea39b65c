using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Benchmarks.Speculation;

/// <summary><c>speculative</c>: tokens a second with and without guesses. The guesses take turns with none.</summary>
internal static class SpeculationCommand
{
    // The first has none: it is what the others are compared with.
    private static readonly int[] Settings = [0, 3, 7];
    private static readonly int[] BatchSizes = [1, 4, 8];

    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            Description = "Folder of the checkpoint.",
            DefaultValueFactory = _ => "models/laser-tales-3m",
        };
        var width = new Option<int?>("--width")
        {
            Description = "Measures 12 layers of random weights, of this width (a multiple of 64), in place of the model.",
        };
        var threads = new Option<int?>("--threads")
        {
            Description = "Threads that compute; all processors if not given.",
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "Measured runs of each case and setting.",
            DefaultValueFactory = _ => 9,
        };
        var tokens = new Option<int>("--tokens")
        {
            Description = "Tokens of each request.",
            DefaultValueFactory = _ => 160,
        };
        var command = new Command("speculative", "Speculative decoding: tokens a second with and without.")
        {
            model, width, threads, rounds, tokens,
        };
        command.SetAction(result => RunAsync(
            result.GetRequiredValue(model),
            result.GetValue(width),
            result.GetValue(threads),
            result.GetValue(rounds),
            result.GetValue(tokens)));
        return command;
    }

    private static async Task RunAsync(string folder, int? width, int? threads, int rounds, int tokens)
    {
        EngineOptions[] options = [.. Settings.Select(SpeculationRig.Options)];
        ITokenizer tokenizer = TokenizerLoader.Load(folder);
        int[][] stories;
        using (SpeculationModels teller = SpeculationModels.Load(folder, threads, options[..1]))
        {
            await using var rig = new SpeculationRig(teller.Runners[0], tokenizer, options[0]);
            stories = await TellAsync(rig, tokenizer, tokens);
        }

        using SpeculationModels models = width is int given
            ? SpeculationModels.Random(given, tokenizer.VocabularySize, threads, options)
            : SpeculationModels.Load(folder, threads, options);
        SpeculationRig[] rigs =
            [.. models.Runners.Zip(options, (runner, one) => new SpeculationRig(runner, tokenizer, one))];
        PrintHead(models, rounds, tokens);
        foreach (SpeculationCase one in SpeculationCase.Create(tokenizer, stories, tokens, isTrained: width is null))
        {
            foreach (int size in BatchSizes)
            {
                await MeasureAsync(rigs, one, size, rounds);
            }
        }

        foreach (SpeculationRig rig in rigs)
        {
            await rig.DisposeAsync();
        }
    }

    private static void PrintHead(SpeculationModels models, int rounds, int tokens)
    {
        Console.WriteLine(Invariant($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Machine.Processor},"));
        Console.WriteLine(Invariant(
            $"{Environment.ProcessorCount} processors, {models.Device}, {RuntimeInformation.FrameworkDescription}."));
        Console.WriteLine(Invariant(
            $"{models.ParameterCount / 1e6:F1} million parameters, {tokens} tokens a request, medians of {rounds} rounds in"));
        Console.WriteLine("which all settings take turns; ratios, of tokens/s by the clock and by processor time, are");
        Console.WriteLine("medians of those of each round.");
        Console.WriteLine();
        Console.WriteLine("| text | batch | tokens/s without | "
            + string.Join(" | ", Settings[1..].Select(setting =>
                Invariant($"{setting} guesses: clock, processor (right, tokens/step)")))
            + " |");
        Console.WriteLine("|---|---:|---:|" + string.Concat(Settings[1..].Select(_ => "---:|")));
    }

    // Texts of the model itself, twice as long as a request, are what the requests are made of.
    private static async Task<int[][]> TellAsync(SpeculationRig rig, ITokenizer tokenizer, int tokens) =>
        (await rig.RunAsync(Enumerable.Range(0, SpeculationCase.RequestCount).Select(i => new GenerationRequest
        {
            Id = "speculative",
            PromptTokenIds = [0, .. tokenizer.Encode("Once upon a time", addSpecialTokens: false)],
            MaxTokens = 2 * tokens,
            Sampling = new SamplingParams { Temperature = 0.8f, TopP = 0.95f, Seed = (ulong)(100 + i) },
        }))).Tokens;

    private static async Task MeasureAsync(SpeculationRig[] rigs, SpeculationCase one, int size, int rounds)
    {
        var runs = new List<SpeculationRun>[rigs.Length];
        int[][]? expected = null;
        for (int round = -2; round < rounds; round++)
        {
            for (int i = 0; i < rigs.Length; i++)
            {
                (int[][] tokens, SpeculationRun run) = await rigs[i].RunAsync(one.Requests.Take(size));
                expected ??= tokens;
                if (!expected.Zip(tokens).All(pair => pair.First.SequenceEqual(pair.Second)))
                {
                    throw new InvalidOperationException("Guesses have changed the tokens.");
                }

                runs[i] ??= [];
                if (round >= 0)
                {
                    runs[i].Add(run);
                }
            }
        }

        int tokenCount = expected!.Sum(tokens => tokens.Length);
        Console.WriteLine(Invariant(
            $"| {one.Name} | {size} | {Figures.Median(runs[0].Select(run => run.TokensPerSecond)):F0} | ")
            + string.Join(" | ", runs.Skip(1).Select(with => Cell(runs[0], with, tokenCount / (double)size))) + " |");
    }

    private static string Cell(List<SpeculationRun> without, List<SpeculationRun> with, double tokensEach)
    {
        double clock = Figures.Median(with.Zip(without, (run, other) => run.TokensPerSecond / other.TokensPerSecond));
        double processor = Figures.Median(
            with.Zip(without, (run, other) => run.TokensPerProcessorSecond / other.TokensPerProcessorSecond));
        double right = with.Sum(run => run.Drafted) == 0
            ? 0
            : 100.0 * with.Sum(run => run.Accepted) / with.Sum(run => run.Drafted);
        double perStep = Figures.Median(with.Select(run => tokensEach / run.Steps));
        return Invariant($"{clock:F2}, {processor:F2} ({right:F0} %, {perStep:F1})");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
