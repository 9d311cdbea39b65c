using System.Text.Json;
using Grpc.Core;
using Laser.Cli.Bench;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Tests.Bench;

public class BenchReportTests
{
    private static BenchReport Report { get; } = new()
    {
        Started = new DateTimeOffset(2026, 11, 25, 8, 0, 0, TimeSpan.Zero),
        ClientVersion = "1.2.3",
        ClientProcessors = 4,
        Server = new ServerDescription
        {
            Addresses = ["http://127.0.0.1:50051"],
            Version = "1.2.3",
            Model = "tales",
            AttentionVariant = "laser",
            ParameterCount = 3_000_000,
            WeightType = "bfloat16",
            VocabularySize = 4096,
            ContextLength = 1024,
            Device = "CPU",
            CacheTokens = 1 << 16,
            MaxRunningSequences = 32,
            MaxTokensPerStep = 256,
            MaxQueuedRequests = 256,
        },
        Settings = ReportSettings.Of(new BenchSettings
        {
            Levels = [],
            Load = new LoadOptions { RequestCount = int.MaxValue },
            Duration = TimeSpan.FromSeconds(30),
        }),
        Levels =
        [
            Calls.Tally(
                new SloOptions(),
                Calls.Finished((50, 1), (60, 2)),
                Calls.Failed(StatusCode.ResourceExhausted, "The queue is full.")),
        ],
    };

    [Fact]
    public void Parse_OfToJson_IsTheSame()
    {
        string json = Report.ToJson();

        BenchReport read = BenchReport.Parse(json);

        Assert.Equal(json, read.ToJson());
        Assert.Equal(Report.Settings, read.Settings);
        Assert.Equal(Report.Levels[0].Itl, read.Levels[0].Itl);
        Assert.Equal(Report.Levels[0].Failures, read.Levels[0].Failures);
    }

    // The README beside the code promises these names.
    [Fact]
    public void ToJson_Names_AreThoseOfTheFormat()
    {
        JsonElement root = JsonDocument.Parse(Report.ToJson()).RootElement;

        Assert.Equal("laser-bench/1", root.GetProperty("schema").GetString());
        Assert.Equal("tales", root.GetProperty("server").GetProperty("model").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("settings").GetProperty("requests").ValueKind);
        JsonElement level = root.GetProperty("levels")[0];
        Assert.Equal(("rate", 2), (level.GetProperty("mode").GetString(), level.GetProperty("value").GetDouble()));
        Assert.Equal(1, level.GetProperty("goodput").GetDouble());
        Assert.Equal(0.05, level.GetProperty("ttft").GetProperty("median").GetDouble(), 9);
        Assert.Equal(
            1, level.GetProperty("failures").GetProperty("RESOURCE_EXHAUSTED").GetProperty("count").GetInt64());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("nothing")]
    [InlineData("null")]
    public void Parse_NoReport_SaysSo(string text) =>
        Assert.Contains("laser-bench/1", Assert.Throws<InvalidDataException>(() => BenchReport.Parse(text)).Message);

    [Fact]
    public void Parse_OtherVersion_IsRefused() => Assert.Throws<InvalidDataException>(
        () => BenchReport.Parse(Report.ToJson().Replace("laser-bench/1", "laser-bench/2", StringComparison.Ordinal)));
}
