using System.Globalization;
using System.Xml.Linq;

namespace Laser.Cli.Charts;

/// <summary>
/// Lines over two axes, drawn as SVG. Grey text, no background and colours of middle brightness, so that it can be read
/// on light and on dark pages.
/// </summary>
internal sealed record LineChart
{
    public const int Width = 640;
    public const int Height = 360;

    private const int Left = 72;
    private const int Right = Width - 20;
    private const int Top = 64;
    private const int Bottom = Height - 56;
    private const int LegendTop = 46;
    private const int LegendGap = 34;
    private const double LetterWidth = 6.6;

    // Okabe and Ito's colours, which people tell apart whatever colours they see.
    private static readonly string[] Colours =
        ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c", "#a6761d"];

    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What goes to the right, with its unit.</summary>
    public required string XLabel { get; init; }

    /// <summary>What goes up, with its unit.</summary>
    public required string YLabel { get; init; }

    /// <summary>The lines.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>Whether the x axis is logarithmic; points that are not above zero are then left out.</summary>
    public bool LogarithmicX { get; init; }

    /// <summary>Whether the y axis is logarithmic; points that are not above zero are then left out.</summary>
    public bool LogarithmicY { get; init; }

    /// <summary>The chart, to be put at the upper left corner of something.</summary>
    public XElement Draw()
    {
        ChartAxis x = Axis(LogarithmicX, Series.SelectMany(series => series.Points.Select(point => point.X)));
        ChartAxis y = Axis(LogarithmicY, Series.SelectMany(series => series.Points.Select(point => point.Y)));
        return Svg.Element(
            "g",
            Svg.Text(Width / 2, 22, Title, "middle", ("font-size", 15), ("font-weight", "bold")),
            x.Ticks.Select(tick => VerticalLine(XOf(x, tick), ChartAxis.Label(tick))),
            y.Ticks.Select(tick => HorizontalLine(YOf(y, tick), ChartAxis.Label(tick))),
            Svg.Text((Left + Right) / 2, Height - 14, XLabel, "middle"),
            Svg.Text(0, 0, YLabel, "middle", ("transform", $"translate(18 {(Top + Bottom) / 2}) rotate(-90)")),
            Legend(),
            Series.Select((series, i) => Line(series, Colours[i % Colours.Length], x, y)));
    }

    private static ChartAxis Axis(bool logarithmic, IEnumerable<double> values) =>
        logarithmic ? ChartAxis.Logarithmic(values) : ChartAxis.Linear(values);

    private static double XOf(ChartAxis axis, double value) => Left + (axis.PositionOf(value) * (Right - Left));

    private static double YOf(ChartAxis axis, double value) => Bottom - (axis.PositionOf(value) * (Bottom - Top));

    private static XElement[] VerticalLine(double x, string label) =>
        [Svg.Line(x, Top, x, Bottom), Svg.Text(x, Bottom + 18, label, "middle")];

    private static XElement[] HorizontalLine(double y, string label) =>
        [Svg.Line(Left, y, Right, y), Svg.Text(Left - 8, y + 4, label, "end")];

    private IEnumerable<XElement> Legend()
    {
        double x = Left;
        for (int i = 0; i < Series.Count; i++)
        {
            yield return Svg.Element(
                "line",
                ("x1", x), ("y1", LegendTop), ("x2", x + 16), ("y2", LegendTop),
                ("stroke", Colours[i % Colours.Length]), ("stroke-width", 3));
            yield return Svg.Text(x + 21, LegendTop + 4, Series[i].Name, "start");
            x += LegendGap + (LetterWidth * Series[i].Name.Length);
        }
    }

    private static IEnumerable<XElement> Line(ChartSeries series, string colour, ChartAxis x, ChartAxis y)
    {
        (double X, double Y)[] points = [.. series.Points.Where(point => x.Has(point.X) && y.Has(point.Y))];
        yield return Svg.Element(
            "polyline",
            ("points", string.Join(' ', points.Select(p => Svg.Number(XOf(x, p.X)) + "," + Svg.Number(YOf(y, p.Y))))),
            ("fill", "none"), ("stroke", colour), ("stroke-width", 2));
        if (points.Length > 30)
        {
            yield break; // a curve
        }

        foreach ((double X, double Y) point in points)
        {
            string text = string.Create(
                CultureInfo.InvariantCulture, $"{series.Name}: {point.Y:G4} at {ChartAxis.Label(point.X)}");
            yield return Svg.Element(
                "circle",
                ("cx", XOf(x, point.X)), ("cy", YOf(y, point.Y)), ("r", 3.5), ("fill", colour),
                Svg.Element("title", text));
        }
    }
}
