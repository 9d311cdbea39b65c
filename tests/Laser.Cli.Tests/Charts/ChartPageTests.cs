using System.Globalization;
using System.Xml.Linq;
using Laser.Cli.Bench;
using Laser.Cli.Charts;
using Laser.Cli.Tests.Bench;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Tests.Charts;

public class ChartPageTests
{
    private static readonly LineChart Chart = new()
    {
        Title = "Fish & <chips>",
        XLabel = "requests/s",
        YLabel = "ms",
        Series = [new ChartSeries("a \"b\"", [(0, 0), (10, 100)]), new ChartSeries("c", [(5, 50)])],
    };

    // The plot is from 72 to 620 and from 304 up to 64.
    [Fact]
    public void Draw_Points_AreWhereTheyBelong()
    {
        XDocument page = XDocument.Parse(ChartPage.Draw([Chart]).ToString());

        Assert.Equal(["72,304 620,64", "346,184"], Elements(page, "polyline").Select(line => line.Attribute("points")!.Value));
        Assert.Equal(["72", "620", "346"], Elements(page, "circle").Select(circle => circle.Attribute("cx")!.Value));
        Assert.Equal("c: 50 at 5", Elements(page, "title").Last().Value);
    }

    [Fact]
    public void Draw_Text_IsEscaped()
    {
        string svg = ChartPage.Draw([Chart]).ToString();

        Assert.Contains("Fish &amp; &lt;chips&gt;", svg, StringComparison.Ordinal);
        string[] texts = [.. Elements(XDocument.Parse(svg), "text").Select(text => text.Value)];
        Assert.Contains("a \"b\"", texts);
        Assert.Superset(new HashSet<string> { "0", "2", "10", "100", "requests/s", "ms" }, texts.ToHashSet());
    }

    [Fact]
    public void Draw_LogarithmicAxis_LeavesOutWhatItHasNoPlaceFor()
    {
        LineChart chart = Chart with { LogarithmicY = true };

        XElement line = Elements(ChartPage.Draw([chart]), "polyline").First();

        Assert.Equal("620,64", line.Attribute("points")!.Value);
    }

    [Fact]
    public void Draw_ThreeCharts_HasThemInTwoRows()
    {
        XElement page = ChartPage.Draw([Chart, Chart, Chart]).Root!;

        Assert.Equal("0 0 1280 720", page.Attribute("viewBox")!.Value);
        Assert.Equal(
            ["translate(0 0)", "translate(640 0)", "translate(0 360)"],
            page.Elements().Select(chart => chart.Attribute("transform")!.Value));
    }

    [Fact]
    public void BenchCharts_SeveralLevels_ShowThroughputOverThem()
    {
        LevelResult level = Calls.Tally(new SloOptions(), Calls.Finished((50, 1), (60, 1)), Calls.Finished((1700, 1)));

        IReadOnlyList<LineChart> charts = BenchCharts.Of([level with { Value = 4 }, level]);

        ChartSeries[] lines = [.. charts[0].Series];
        Assert.Equal([(2, 2), (4, 2)], lines[0].Points);
        Assert.Equal([(2, 1), (4, 1)], lines[1].Points);
        Assert.Equal([(2, 50.0), (4, 50.0)], charts[2].Series[0].Points);
        Assert.Equal("rate 4", charts[3].Series[0].Name);
        Assert.All(charts[3].Series[0].Points, point => Assert.Equal(10, point.X, 9));
    }

    [Fact]
    public void BenchCharts_OneLevel_ShowHowInterTokenTimesSpread()
    {
        LevelResult level = Calls.Tally(new SloOptions(), Calls.Finished((50, 1), (60, 1), (80, 1)));

        LineChart chart = Assert.Single(BenchCharts.Of([level]));

        Assert.Equal((10, 0), chart.Series[0].Points[0]);
        Assert.Equal((20, 100), chart.Series[0].Points[^1]);
        Assert.Equal(101, chart.Series[0].Points.Count);
    }

    [Fact]
    public void BenchCharts_NothingFinished_CanBeDrawn()
    {
        LevelResult level = Calls.Tally(new SloOptions());

        XDocument page = ChartPage.Draw(BenchCharts.Of([level, level with { Value = 3 }]));

        Assert.All(
            Elements(page, "circle"),
            circle => Assert.True(double.IsFinite(double.Parse(circle.Attribute("cy")!.Value, CultureInfo.InvariantCulture))));
    }

    private static IEnumerable<XElement> Elements(XDocument page, string name) =>
        page.Descendants().Where(element => element.Name.LocalName == name);
}
