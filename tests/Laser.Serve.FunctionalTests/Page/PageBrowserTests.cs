using Laser.Serve.FunctionalTests.OpenAi;

namespace Laser.Serve.FunctionalTests.Page;

/// <summary>The page in a browser, used as a person would.</summary>
public class PageBrowserTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int ScenarioCount = 9;

    [NodeFact("playwright-core", "/usr/bin/chromium")]
    public async Task Page_AllScenarios_Pass()
    {
        DirectoryInfo screenshots = Directory.CreateTempSubdirectory("laser-page-");
        try
        {
            await NodeScript.AssertPassesAsync(
                ScenarioCount, "page.mjs", server.Http.BaseAddress!.ToString(), screenshots.FullName);

            string[] expected = ["dark.png", "error.png", "light.png", "narrow-dark.png", "narrow.png", "running.png"];
            Assert.Equal(expected, screenshots.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal));
        }
        finally
        {
            if (Environment.GetEnvironmentVariable("LASER_KEEP_SCREENSHOTS") is null)
            {
                screenshots.Delete(recursive: true);
            }
        }
    }
}
