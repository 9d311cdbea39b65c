namespace Laser.Serve.FunctionalTests;

/// <summary>With a server of its own, whose first scrape comes after its first request.</summary>
public class MetricsTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task FirstScrape_AfterARequest_HasCountedIt()
    {
        await server.Client.GenerateOnceAsync(RunningServer.Request("The king", 5));
        await server.WhenIdleAsync();

        string text = await server.Http.GetStringAsync("/metrics");

        Assert.Matches(@"(?m)^laser_generated_tokens_total 5$", text);
        Assert.Matches(@"(?m)^laser_time_to_first_token_seconds_count 1$", text);
        Assert.Matches(@"(?m)^laser_batch_sequences_count 5$", text);
        Assert.Matches(@"(?m)^laser_requests_running 0$", text);
    }
}
