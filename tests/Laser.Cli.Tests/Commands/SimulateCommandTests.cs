using System.Text.Json;
using System.Xml.Linq;
using Laser.Cli.Commands;
using Laser.Serve.Simulation.Costs;

namespace Laser.Cli.Tests.Commands;

public sealed class SimulateCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("laser-simulate");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Simulate_JsonAndSvg_ShowEveryRate()
    {
        new CostFile
        {
            Model = "made up",
            Device = "none",
            Measured = DateTimeOffset.UnixEpoch,
            ContextLength = 1024,
            CacheTokens = 65536,
            Steps = 1,
            MeanError = 0,
            Cost = new CostModel { Step = 1e-3, Token = 1e-5, Sequence = 0, ContextToken = 0, Attended = 0 },
        }.Save(PathOf("cost.json"));

        CommandRun run = await CommandRun.OfAsync(
            SimulateCommand.Create(),
            "--cost", PathOf("cost.json"), "--rates", "5,10", "--rates", "20", "--requests", "50",
            "--json", PathOf("runs.json"), "--svg", PathOf("runs.svg"));

        Assert.True(run.ExitCode == 0, run.Error);
        JsonElement runs = JsonDocument.Parse(await File.ReadAllTextAsync(PathOf("runs.json"))).RootElement;
        Assert.Equal([5, 10, 20], runs.EnumerateArray().Select(entry => entry.GetProperty("rate").GetDouble()));
        XElement[] charts = [.. XDocument.Load(PathOf("runs.svg")).Root!.Elements()];
        Assert.Equal(2, charts.Length);
        Assert.All(
            charts.SelectMany(chart => chart.Elements()).Where(element => element.Name.LocalName == "polyline"),
            line => Assert.Equal(3, line.Attribute("points")!.Value.Split(' ').Length));
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
