using Laser.Serve.Simulation.Costs;

namespace Laser.Serve.Simulation.Tests.Costs;

public sealed class CostFileTests : IDisposable
{
    private const string Complete =
        """{"model":"m","device":"d","measured":"2026-11-25T08:00:00Z","contextLength":8,"cacheTokens":8,"""
        + """ "steps":1,"meanError":0,""";

    private const string OtherTerms = ",\"token\":0,\"sequence\":0,\"contextToken\":0,\"attended\":0}}";

    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Load_SavedFile_IsTheSame()
    {
        var file = new CostFile
        {
            Model = "tiny",
            Device = "CPU",
            Measured = new DateTimeOffset(2026, 11, 25, 8, 0, 0, TimeSpan.Zero),
            ContextLength = 1024,
            CacheTokens = 65536,
            Steps = 100,
            MeanError = 0.03,
            Cost = Scenarios.Cost,
        };

        file.Save(_path);

        Assert.Equal(file, CostFile.Load(_path));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("null", "nothing in it")]
    [InlineData("{}", "required")]
    [InlineData("[1]", "JSON")]
    [InlineData(Complete + "\"format\":2,\"cost\":null}", "format 2")]
    [InlineData(Complete + "\"cost\":null}", "no cost")]
    [InlineData(Complete + "\"cost\":{\"step\":-1" + OtherTerms, "cost of -1")]
    [InlineData(Complete + "\"cost\":{\"step\":0" + OtherTerms, "no place")]
    public void Load_OtherFile_IsRefusedWithItsName(string text, string reason)
    {
        File.WriteAllText(_path, text);

        string message = Assert.Throws<InvalidDataException>(() => CostFile.Load(_path)).Message;

        Assert.Contains(_path, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);
}
