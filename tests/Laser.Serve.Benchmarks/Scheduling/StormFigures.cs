namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>The rounds of each case, and the table that they make.</summary>
internal sealed class StormFigures(int caseCount)
{
    private readonly List<StormRound>[] _rounds =
        [.. Enumerable.Range(0, caseCount).Select(_ => new List<StormRound>())];

    public void Add(int number, StormRound round) => _rounds[number].Add(round);

    /// <summary>Medians of the rounds; ratios are medians of the ratios within a round, to the last case.</summary>
    public void Print(string[] names)
    {
        Console.WriteLine("| chunks | gap p50, ms | gap p99, ms | longest, ms | p99, ratio | longest, ratio "
            + "| long prompt's first token, ms | ratio | prompt tok/s | stream tok/s |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for (int i = 0; i < names.Length; i++)
        {
            string[] cells =
            [
                Middle(i, round => round.Median),
                Middle(i, round => round.P99),
                Middle(i, round => round.Longest),
                Ratio(i, round => round.P99),
                Ratio(i, round => round.Longest),
                Middle(i, round => round.FirstToken, "0"),
                Ratio(i, round => round.FirstToken),
                Middle(i, round => round.PromptTokensPerSecond, "0"),
                Middle(i, round => round.StreamTokensPerSecond, "0"),
            ];
            Console.WriteLine($"| {names[i]} | {string.Join(" | ", cells)} |");
        }
    }

    private string Middle(int number, Func<StormRound, double> figure, string format = "0.0") =>
        Figures.Text(Figures.Median(_rounds[number].Select(figure)), format);

    private string Ratio(int number, Func<StormRound, double> figure) => Figures.Text(
        Figures.Median(_rounds[number].Zip(_rounds[^1], (one, last) => figure(one) / figure(last))), "0.00");
}
