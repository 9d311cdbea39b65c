using Laser.Cli.Commands;

namespace Laser.Cli.Tests.Commands;

public class BenchOptionTests
{
    [Theory]
    [InlineData("--concurrency 1 --rates 2", "--rates and --concurrency do not go together")]
    [InlineData("--concurrency 1.5", "'1.5' is not a whole number from 1 to 10000.")]
    [InlineData("--concurrency 1,x", "'x' is not a whole number")]
    [InlineData("--rates 0", "'0' is not a number above zero.")]
    [InlineData("--rate 5,-1", "'-1' is not a number above zero.")]
    [InlineData("--prompt many", "is not a number above zero.")]
    [InlineData("--prompt normal:3", "is no length")]
    [InlineData("--arrivals monthly", "is no arrival process")]
    [InlineData("--duration 0", "--duration must be above 0.")]
    [InlineData("--timeout -1", "--timeout must be above 0.")]
    [InlineData("--warmup -1", "--warmup must be 0 or more.")]
    [InlineData("--warmup few", "'few'")]
    [InlineData("--sequences 17", "--sequences must be 1 to 16.")]
    [InlineData("--slo-ttft 0", "--slo-ttft must be above 0.")]
    [InlineData("--slo-itl -3", "--slo-itl must be above 0.")]
    [InlineData("--json /no/such/folder/x.json", "there is no folder /no/such/folder")]
    [InlineData("--svg /no/such/folder/x.svg", "there is no folder /no/such/folder")]
    [InlineData("--address ftp://server", "'ftp://server' is no address")]
    [InlineData("--max-tokens 5", "--max-tokens")]
    public async Task Bench_WrongOption_SaysWhatAndPrintsUsage(string args, string error)
    {
        CommandRun run = await CommandRun.OfAsync(BenchCommand.Create(), args.Split(' '));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Contains("--concurrency <concurrency>", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--requests 0", "The number of requests must be at least 1.")]
    [InlineData("--shared-share 2", "The share of shared prefixes must be 0 to 1.")]
    [InlineData("--address dns:///localhost:1", "give http:// or https:// addresses")]
    public async Task Bench_WrongLoad_SaysWhat(string args, string error)
    {
        CommandRun run = await CommandRun.OfAsync(BenchCommand.Create(), args.Split(' '));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_NoServer_SaysSo()
    {
        CommandRun run = await CommandRun.OfAsync(BenchCommand.Create(), "--address", "http://127.0.0.1:1");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("UNAVAILABLE: ", run.Error, StringComparison.Ordinal);
    }
}
