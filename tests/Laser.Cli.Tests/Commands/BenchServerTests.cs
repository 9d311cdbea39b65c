using System.Xml.Linq;
using Laser.Cli.Bench;
using Laser.Cli.Commands;
using Laser.Serve.Hosting;
using Laser.Serve.Simulation.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using LoadOptions = Laser.Serve.Simulation.Load.LoadOptions;

namespace Laser.Cli.Tests.Commands;

/// <summary>The bench against a real server with the bundled model.</summary>
public sealed class BenchServerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("laser-bench");
    private readonly WebApplication _server = LaserServer.Build(
        ["--grpc-port", "0", "--http-port", "0"], builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));

    public async Task InitializeAsync()
    {
        await _server.StartAsync();
        await _server.Services.GetRequiredService<ModelState>().Loaded;
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Bench_TwoConcurrencies_CountsEveryTokenOfTheLoad()
    {
        CommandRun run = await BenchAsync(
            "--concurrency", "1,3", "--requests", "6", "--prompt", "uniform:40,80", "--output", "uniform:2,8", "--warmup", "2");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(2, run.Output.Split('\n').Count(line => line.StartsWith("|       ", StringComparison.Ordinal)
            && line.Split('|')[2].Trim() == "6"));
        PlannedRequest[] planned = [.. new RequestTrace(new LoadOptions
        {
            RequestCount = 6,
            PromptLength = LengthDistribution.Parse("uniform:40,80"),
            OutputLength = LengthDistribution.Parse("uniform:2,8"),
        }).At(1)];
        BenchReport report = BenchReport.Parse(await File.ReadAllTextAsync(PathOf("bench.json")));
        Assert.Equal([1, 3], report.Levels.Select(level => level.Value));
        Assert.All(report.Levels, level =>
        {
            Assert.Equal((6L, 0L, 0L), (level.Finished, level.Short, level.CachedTokens));
            Assert.Equal(planned.Sum(request => request.OutputLength), level.OutputTokens);
            Assert.Equal(planned.Sum(request => request.Prompt.Length), level.PromptTokens);
            Assert.Equal(level.Value, level.MostInFlight);
            Assert.True(level.Ttft.Median <= level.Total.Median && level.Queue.Max < level.Total.Max);
        });
        Assert.Equal(("laser", "laser-tales-3m"), (report.Server.AttentionVariant, report.Server.Model));
        Assert.Equal(4, XDocument.Load(PathOf("bench.svg")).Root!.Elements().Count());
    }

    [Fact]
    public async Task Bench_RateWithSharedPrefixAndTwoAnswers_FindsThePrefixInTheCache()
    {
        CommandRun run = await BenchAsync(
            "--rates", "50", "--requests", "8", "--prompt", "5", "--output", "4", "--sequences", "2", "--no-text",
            "--shared-share", "1", "--shared-tokens", "128", "--warmup", "0");

        Assert.True(run.ExitCode == 0, run.Error);
        LevelResult level = Assert.Single(
            BenchReport.Parse(await File.ReadAllTextAsync(PathOf("bench.json"))).Levels);
        Assert.Equal((8L, 64L, 8L * 133), (level.Finished, level.OutputTokens, level.PromptTokens));
        Assert.True(level.CachedTokens >= 128, $"{level.CachedTokens}");
    }

    [Fact]
    public async Task Bench_EveryCallFails_ExitsWithOne()
    {
        CommandRun run = await BenchAsync(
            "--concurrency", "2", "--requests", "3", "--prompt", "2000", "--output", "4", "--warmup", "0");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("3 of 3 requests failed with INVALID_ARGUMENT", run.Error, StringComparison.Ordinal);
    }

    private Task<CommandRun> BenchAsync(params string[] args) => CommandRun.OfAsync(
        BenchCommand.Create(),
        [
            "--address", LaserServer.GrpcAddress(_server).ToString(), "--json", PathOf("bench.json"),
            "--svg", PathOf("bench.svg"), .. args,
        ]);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
