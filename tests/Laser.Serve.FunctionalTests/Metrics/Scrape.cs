using System.Text.RegularExpressions;

namespace Laser.Serve.FunctionalTests.Metrics;

/// <summary>What one scrape gave, read back.</summary>
internal sealed partial class Scrape
{
    private Scrape(string text) => Text = text;

    public string Text { get; }

    /// <summary>Types by the names of families.</summary>
    public Dictionary<string, string> Types { get; } = [];

    /// <summary>Names of labels by the names of families.</summary>
    public Dictionary<string, HashSet<string>> Labels { get; } = [];

    /// <summary>Lines of series.</summary>
    public List<string> Samples { get; } = [];

    public static async Task<Scrape> TakeAsync(HttpClient http) => Read(await http.GetStringAsync("/metrics"));

    public static Scrape Read(string text)
    {
        var scrape = new Scrape(text);
        string family = "";
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (TypeLine().Match(line) is { Success: true } type)
            {
                family = type.Groups[1].Value;
                scrape.Types.Add(family, type.Groups[2].Value);
                scrape.Labels.Add(family, []);
            }
            else if (!line.StartsWith('#'))
            {
                scrape.Samples.Add(line);
                scrape.Labels[family].UnionWith(
                    Label().Matches(line).Select(m => m.Groups[1].Value).Where(name => name != "le"));
            }
        }

        return scrape;
    }

    [GeneratedRegex("^# TYPE ([^ ]+) ([a-z]+)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("[{,]([a-zA-Z_][a-zA-Z0-9_]*)=\"")]
    private static partial Regex Label();
}
