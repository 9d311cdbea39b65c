using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Laser.Serve.Cpu;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Benchmarks.Quantization;

/// <summary><c>quantization</c>: what faster arithmetic costs in quality.</summary>
internal static class QuantizationCommand
{
    private const int Window = 512;
    private const string Separator = "<|endoftext|>";

    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            Description = "Checkpoint folder.",
            DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "models", "laser-tales-3m"),
        };
        var text = new Option<string>("--text")
        {
            Description = $"Text to foretell; documents are separated by {Separator}.",
            DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "Quantization", "held-out-tales.txt"),
        };
        var output = new Option<FileInfo?>("--output", "-o") { Description = "Also writes the result to a file." };
        var command = new Command("quantization", "Compares perplexity and logits of the arithmetics of the CPU backend.")
        {
            model, text, output,
        };
        command.SetAction(result =>
        {
            string report = Report(result.GetValue(model)!, File.ReadAllText(result.GetValue(text)!));
            Console.Write(report);
            if (result.GetValue(output) is FileInfo file)
            {
                File.WriteAllText(file.FullName, report);
            }
        });
        return command;
    }

    private static string Report(string folder, string text)
    {
        ScoredModel[] models = [.. Models(folder)];
        LogitScore[] scores = Score(models, Windows(TokenizerLoader.Load(folder), models[0].Config.BosTokenId, text));
        var report = new StringBuilder();
        report.AppendLine("# Quality of faster arithmetic").AppendLine();
        report.AppendLine(Invariant(
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Machine.Processor}, {RuntimeInformation.FrameworkDescription}."));
        report.AppendLine(Invariant(
            $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}, {scores[0].Tokens} tokens of held-out text in ")
            + Invariant($"windows of {Window}; logits against those of the first row."));
        report.AppendLine().AppendLine(
            "| linear maps | weights MiB | perplexity | logit error: mean | largest | KL divergence, nats | same choice |");
        report.AppendLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach ((ScoredModel model, LogitScore score) in models.Zip(scores))
        {
            report.AppendLine(Invariant(
                $"| {model.Name} | {model.WeightByteSize / 1048576.0:F2} | {score.Perplexity:F3} | {score.MeanError:F4} ")
                + Invariant($"| {score.LargestError:F3} | {score.Divergence:0.0E+0} | {score.SameChoice:P1} |"));
            model.Dispose();
        }

        return report.ToString();
    }

    private static IEnumerable<ScoredModel> Models(string folder)
    {
        var exact = new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off };
        CpuOptions dot = exact with { BFloat16Dot = BFloat16DotProduct.Auto };
        yield return new ScoredModel("as stored, fp32 inputs", folder, exact, Window);
        yield return new ScoredModel("as stored, bf16 dot where there is one (default)", folder, dot, Window);
        yield return new ScoredModel("int8 weights", folder, exact with { Int8Weights = true }, Window);
        yield return new ScoredModel("int8 weights, bf16 dot for a tied head", folder, dot with { Int8Weights = true }, Window);
    }

    private static IEnumerable<int[]> Windows(ITokenizer tokenizer, int? bos, string text) => text
        .Split(Separator)
        .SelectMany(document => ((IEnumerable<int>)(bos is int first ? [first] : Array.Empty<int>()))
            .Concat(tokenizer.Encode(document.Trim()).SkipWhile(id => id == bos))
            .Chunk(Window));

    private static LogitScore[] Score(ScoredModel[] models, IEnumerable<int[]> windows)
    {
        LogitScore[] scores = [.. models.Select(_ => new LogitScore())];
        int size = models[0].Config.VocabularySize;
        foreach (int[] window in windows)
        {
            float[][] logits = [.. models.Select(model => model.Logits(window))];
            for (int i = 0; i + 1 < window.Length; i++)
            {
                for (int j = 0; j < models.Length; j++)
                {
                    scores[j].Add(
                        logits[0].AsSpan(i * size, size), logits[j].AsSpan(i * size, size), window[i + 1]);
                }
            }
        }

        return scores;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
