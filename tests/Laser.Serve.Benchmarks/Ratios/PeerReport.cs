using System.Runtime.InteropServices;
using System.Text;
using Laser.Serve.Benchmarks.RandomModels;

namespace Laser.Serve.Benchmarks.Ratios;

/// <summary>The tables of <c>peers.sh</c> in Markdown.</summary>
internal sealed class PeerReport
{
    private const string Ours = "ours";
    private const string OursInt8 = "ours int8";
    private const string Variants = "both";

    private readonly StringBuilder _text = new();

    public static string Create(IReadOnlyList<PeerFigure> figures, string command, IEnumerable<string> versions)
    {
        var report = new PeerReport();
        IEnumerable<string> rounds = figures
            .GroupBy(figure => figure.Shape)
            .Select(group => $"{group.Max(figure => figure.Round)} of shape {group.Key}");
        report.WriteHead(command, versions, string.Join(", ", rounds));
        foreach (IGrouping<string, PeerFigure> group in figures.GroupBy(figure => figure.Shape))
        {
            report.WriteShape(PeerShape.Parse(group.Key), new PeerFigures(group));
        }

        return report._text.ToString();
    }

    private void WriteHead(string command, IEnumerable<string> versions, string rounds)
    {
        _text.AppendLine($"""
            # Against llama.cpp and PyTorch

                tests/Laser.Serve.Benchmarks/{command.Trim()}

            {TimeProvider.System.GetUtcNow():yyyy-MM-dd}. {Machine.Processor}, {Environment.ProcessorCount} processors,
            all of them used by each program; {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}.
            {string.Join("; ", versions)}.
            Rounds: {rounds}; in each the programs run one after the other.

            Tokens per second: median over the rounds of a round's median step, smallest to largest round in brackets. A
            ratio is taken within a round; its median, smallest and largest are given. Weights are random, the shapes the
            same for all. Ours goes through the engine: queue, scheduler, paged cache of 16-bit values, a token chosen of
            32,000 (the likeliest; or "drawn", temperature 0.8 and top-p 0.95), text made of it. The peers compute logits
            and choose nothing; their prompts and caches (f16, bf16) are as long. PyTorch computes LASER, llama.cpp softmax.
            llama.cpp and ours read prompts in steps of 512 tokens.
            """);
    }

    private void WriteShape(PeerShape shape, PeerFigures figures)
    {
        _text.AppendLine().AppendLine(
            $"## Shape {shape.Name}: {shape.LayerCount} layers, width {shape.Hidden}, "
            + $"{shape.Heads} heads, {shape.KvHeads} kv heads");
        WriteComparison(figures, Ours, ["llama.cpp bf16", "PyTorch bf16"], "bf16 weights");
        WriteComparison(figures, OursInt8, ["llama.cpp q8_0"], "8-bit weights");
        WriteVariants(figures);
        WriteLimits(shape, figures);
    }

    private void WriteComparison(PeerFigures figures, string ours, string[] candidates, string title)
    {
        if (!figures.Has(ours))
        {
            return;
        }

        string[] peers = [.. candidates.Where(figures.Has)];
        WriteTable(["case, " + title, "ours", .. peers.SelectMany(peer => new[] { peer, "ours / " + peer })]);
        foreach (string key in figures.Keys(ours, "decode").Concat(figures.Keys(ours, "prefill")))
        {
            string peerKey = key.Replace(" drawn", "", StringComparison.Ordinal);
            WriteRow(
            [
                Describe(key),
                Spread(figures.Medians(ours, key)),
                .. peers.SelectMany(peer => new[]
                {
                    Spread(figures.Medians(peer, peerKey)),
                    Spread(figures.Ratios((ours, key), (peer, peerKey)), "0.00"),
                }),
            ]);
        }
    }

    private void WriteVariants(PeerFigures figures)
    {
        const string Softmax = Variants + " softmax";
        if (!figures.Has(Softmax))
        {
            return;
        }

        WriteTable(["case, same process and weights", "LASER", "softmax", "time of LASER / softmax"]);
        foreach (string key in figures.Keys(Softmax, "decode"))
        {
            WriteRow(
            [
                Describe(key),
                Spread(figures.Medians(Variants, key)),
                Spread(figures.Medians(Softmax, key)),
                Spread(figures.Ratios((Softmax, key), (Variants, key)), "0.000"),
            ]);
        }
    }

    private void WriteLimits(PeerShape shape, PeerFigures figures)
    {
        WriteTable(["limit, measured in the process of ours", "value"]);
        WriteRow(["read bandwidth, GB/s", Spread(figures.Medians(Ours, "roof read"))]);
        foreach (string key in figures.Keys(Ours, "share"))
        {
            string what = Describe(key["share ".Length..]);
            WriteRow([$"{what}: weights read, of this", Spread(figures.Medians(Ours, key), "0 %")]);
        }

        WriteRow(["fp32 multiply-add, GFLOP/s", Spread(figures.Medians(Ours, "roof fma"), "0")]);
        foreach (string key in figures.Keys(Ours, "prefill"))
        {
            double[] shares = [.. figures.Ratios((Ours, key), (Ours, "roof fma"))
                .Select(ratio => ratio * 2 * shape.LinearWeightCount / 1e9 / 2)];
            WriteRow([$"{Describe(key)}: of twice this, the peak of bf16 dot products", Spread(shares, "0 %")]);
        }
    }

    private void WriteTable(string[] columns)
    {
        _text.AppendLine();
        WriteRow(columns);
        WriteRow([.. columns.Select((_, index) => index == 0 ? "---" : "---:")]);
    }

    private void WriteRow(IEnumerable<string> cells) => _text.AppendLine($"| {string.Join(" | ", cells)} |");

    private static string Describe(string key) => key.Split(' ') switch
    {
        ["decode", string batch, string context] => $"decode, batch {batch}, context {context}",
        ["decode", string batch, string context, _] => $"decode, batch {batch}, context {context}, drawn",
        [_, string tokens] => $"prompt of {tokens}",
        _ => key,
    };

    private static string Spread(double[] values, string format = "0.0") => values switch
    {
        [] => "-",
        [double one] => Figures.Text(one, format),
        _ => $"{Figures.Text(Figures.Median(values), format)} ({Figures.Text(values.Min(), format)} to "
            + $"{Figures.Text(values.Max(), format)})",
    };
}
