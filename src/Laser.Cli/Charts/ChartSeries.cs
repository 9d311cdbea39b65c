namespace Laser.Cli.Charts;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Its points, in the order of the line.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points);
