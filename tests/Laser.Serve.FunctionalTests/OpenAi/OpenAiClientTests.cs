namespace Laser.Serve.FunctionalTests.OpenAi;

/// <summary>The official client against the server.</summary>
public class OpenAiClientTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int ScenarioCount = 15;

    [NodeFact("openai")]
    public Task Openai_AllScenarios_Pass() =>
        NodeScript.AssertPassesAsync(ScenarioCount, "client.mjs", server.Http.BaseAddress!.ToString());
}
