using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Laser.Serve.Benchmarks.Sampling;

/// <summary><c>sampling</c>: what the choice of a token costs.</summary>
internal static class SamplingCommand
{
    private static readonly int[] VocabularySizes = [32_000, 128_000];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds")
        {
            Description = "Tokens that each case chooses.",
            DefaultValueFactory = _ => 400,
        };
        var output = new Option<FileInfo?>("--output", "-o") { Description = "Also writes the result to a file." };
        var command = new Command("sampling", "Measures what the choice of a token costs.") { rounds, output };
        command.SetAction(result =>
        {
            string report = Report(result.GetValue(rounds));
            Console.Write(report);
            if (result.GetValue(output) is FileInfo file)
            {
                File.WriteAllText(file.FullName, report);
            }
        });
        return command;
    }

    private static string Report(int rounds)
    {
        var report = new StringBuilder();
        report.AppendLine("# Cost of choosing a token").AppendLine();
        report.AppendLine(Invariant(
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Processor()}, {Environment.ProcessorCount} processors,"));
        report.AppendLine(Invariant(
            $"{Vector<float>.Count * 32}-bit vectors, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}."));
        report.AppendLine(Invariant($"Medians of {rounds} tokens each; the cases take turns. \"Plain path\" is the sampler"));
        report.AppendLine("before it had more than temperature, top-k and top-p; ratios are to the plain path above.");
        foreach (int size in VocabularySizes)
        {
            report.AppendLine().AppendLine(Invariant($"## Vocabulary of {size}")).AppendLine();
            report.AppendLine("| case | us/token | ratio |").AppendLine("|---|---:|---:|");
            foreach (SamplingCase one in SamplingBenchmark.Run(size, rounds))
            {
                double ratio = one.Median / (one.Baseline ?? one).Median;
                report.AppendLine(Invariant($"| {one.Name} | {one.Median:F1} | {ratio:F2} |"));
            }
        }

        return report.ToString();
    }

    /// <summary>Name of the processor.</summary>
    public static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown processor";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
