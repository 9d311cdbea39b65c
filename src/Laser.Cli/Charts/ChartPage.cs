using System.Xml.Linq;

namespace Laser.Cli.Charts;

/// <summary>Charts on one page, two in a row.</summary>
internal static class ChartPage
{
    private const int Columns = 2;

    /// <summary>The page as SVG.</summary>
    /// <param name="charts">The charts, at least one.</param>
    public static XDocument Draw(IReadOnlyList<LineChart> charts)
    {
        int width = Math.Min(Columns, charts.Count) * LineChart.Width;
        int height = (charts.Count + Columns - 1) / Columns * LineChart.Height;
        XElement page = Svg.Element(
            "svg",
            ("viewBox", $"0 0 {width} {height}"), ("width", width), ("height", height),
            ("font-family", "system-ui, sans-serif"), ("font-size", 12), ("fill", "#808080"));
        for (int i = 0; i < charts.Count; i++)
        {
            XElement chart = charts[i].Draw();
            int left = i % Columns * LineChart.Width;
            int top = i / Columns * LineChart.Height;
            chart.SetAttributeValue("transform", $"translate({left} {top})");
            page.Add(chart);
        }

        return new XDocument(page);
    }
}
