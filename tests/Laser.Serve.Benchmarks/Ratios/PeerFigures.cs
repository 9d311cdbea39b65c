namespace Laser.Serve.Benchmarks.Ratios;

/// <summary>
/// The figures of one shape. Ratios are taken within a round, so that what slows the machine for minutes slows both
/// sides.
/// </summary>
internal sealed class PeerFigures(IEnumerable<PeerFigure> figures)
{
    private readonly ILookup<(string Program, string Key), PeerFigure> _figures =
        figures.ToLookup(figure => (figure.Program, figure.Key));

    public bool Has(string program) => _figures.Any(group => group.Key.Program == program);

    /// <summary>The cases of a program with so many words, in the order they were run.</summary>
    public IEnumerable<string> Keys(string program, string prefix) => _figures
        .Where(group => group.Key.Program == program && group.Key.Key.StartsWith(prefix, StringComparison.Ordinal))
        .Select(group => group.Key.Key);

    /// <summary>The medians of all rounds.</summary>
    public double[] Medians(string program, string key) =>
        [.. _figures[(program, key)].Select(figure => figure.Median)];

    /// <summary>One program's median by another's, of each round that has both.</summary>
    public double[] Ratios((string Program, string Key) one, (string Program, string Key) other) =>
        [.. _figures[one].Join(_figures[other], f => f.Round, f => f.Round, (a, b) => a.Median / b.Median)];
}
