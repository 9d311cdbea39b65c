using System.Globalization;

namespace Laser.Serve.Benchmarks.Ratios;

/// <summary>A line of <c>peers.sh</c>: what a program did in a round.</summary>
internal sealed record PeerFigure(string Shape, int Round, string Program, string Key, double Median, double Best)
{
    /// <exception cref="FormatException">It is no such line.</exception>
    public static PeerFigure Parse(string line)
    {
        string[] parts = line.Split(',');
        return parts.Length == 6
            ? new PeerFigure(
                parts[0],
                int.Parse(parts[1], CultureInfo.InvariantCulture),
                parts[2],
                parts[3],
                double.Parse(parts[4], CultureInfo.InvariantCulture),
                double.Parse(parts[5], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{line}' is not SHAPE,ROUND,PROGRAM,CASE,MEDIAN,BEST.");
    }
}
