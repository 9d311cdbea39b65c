using System.Diagnostics;

namespace Laser.Serve.FunctionalTests.Metrics;

public class PromtoolTests
{
    [PrometheusFact]
    public async Task Check_OwnMetrics_FindsNothing()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.Client.GenerateOnceAsync(RunningServer.Request("The king", 40));

        Assert.Equal((0, ""), await CheckAsync(await server.Http.GetStringAsync("/metrics")));
    }

    [PrometheusFact]
    public async Task Check_NamesOfVllm_FindsFaultWithTheirNamesOnly()
    {
        await using RunningServer server = await RunningServer.StartAsync("--metrics-compat", "vllm");
        await server.Client.GenerateOnceAsync(RunningServer.Request("The king", 40));

        (int code, string output) = await CheckAsync(await server.Http.GetStringAsync("/metrics"));

        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, code); // faults of style; text that cannot be read is 1
        Assert.All(lines, line => Assert.Matches(
            "^vllm:[a-z_0-9]+ (metric names should not contain ':'|non-counter metrics should not have \"_total\" suffix)$", line));
    }

    [PrometheusFact]
    public async Task Check_TextThatIsWrong_FindsFault() =>
        Assert.NotEqual(0, (await CheckAsync("# TYPE laser_wrong counter\nlaser_wrong 1\n")).Code);

    private static async Task<(int Code, string Output)> CheckAsync(string text)
    {
        using Process process = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
