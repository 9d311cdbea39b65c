namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>Answers with and without prefix cache, by kind of request, and the table that they make.</summary>
internal sealed class PrefixFigures
{
    private readonly Dictionary<string, List<(MeasuredAnswer[] Cached, MeasuredAnswer[] Plain)>> _rounds = [];

    public void Add(string name, MeasuredAnswer[] cached, MeasuredAnswer[] plain)
    {
        _rounds.TryAdd(name, []);
        _rounds[name].Add((cached, plain));
    }

    /// <summary>
    /// Medians of the rounds; ratios are medians of the ratios within a round, with the cache to without.
    /// </summary>
    public void Print()
    {
        Console.WriteLine("| request | prompt tokens computed, with cache | without | cached_tokens "
            + "| first token with cache, ms | without | ratio | all tokens with cache, ms | without | ratio |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach ((string name, List<(MeasuredAnswer[] Cached, MeasuredAnswer[] Plain)> rounds) in _rounds)
        {
            string[] cells =
            [
                Middle(rounds.Select(round => Mean(round.Cached, answer => answer.ComputedTokenCount)), "0"),
                Middle(rounds.Select(round => Mean(round.Plain, answer => answer.ComputedTokenCount)), "0"),
                Middle(rounds.Select(round => Mean(round.Cached, answer => answer.CachedTokenCount)), "0"),
                .. Compare(rounds, answer => answer.FirstMilliseconds),
                .. Compare(rounds, answer => answer.LastMilliseconds),
            ];
            Console.WriteLine($"| {name} | {string.Join(" | ", cells)} |");
        }
    }

    private static string[] Compare(
        List<(MeasuredAnswer[] Cached, MeasuredAnswer[] Plain)> rounds, Func<MeasuredAnswer, double> figure) =>
    [
        Middle(rounds.Select(round => Mean(round.Cached, figure)), "0.0"),
        Middle(rounds.Select(round => Mean(round.Plain, figure)), "0.0"),
        Middle(rounds.Select(round => Mean(round.Cached, figure) / Mean(round.Plain, figure)), "0.00"),
    ];

    private static double Mean(MeasuredAnswer[] answers, Func<MeasuredAnswer, double> figure) =>
        answers.Average(figure);

    private static string Middle(IEnumerable<double> values, string format) =>
        Figures.Text(Figures.Median(values), format);
}
