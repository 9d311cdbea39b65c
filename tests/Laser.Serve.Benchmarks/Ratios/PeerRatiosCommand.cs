using System.CommandLine;
using System.Text.Json;

namespace Laser.Serve.Benchmarks.Ratios;

/// <summary><c>peer-ratios</c>: the last thing that <c>peers.sh</c> does.</summary>
internal static class PeerRatiosCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var figures = new Option<FileInfo>("--figures") { Description = "Lines of all rounds.", Required = true };
        var line = new Option<string>("--command")
        {
            Description = "What was run.",
            DefaultValueFactory = _ => "peers/peers.sh",
        };
        var versions = new Option<string[]>("--version-of")
        {
            Description = "A program and its version; may be repeated.",
            DefaultValueFactory = _ => [],
        };
        var output = new Option<FileInfo?>("--output") { Description = "Also writes the tables to a file." };
        var json = new Option<FileInfo?>("--json") { Description = "Writes all figures to a file." };
        var command = new Command("peer-ratios", "Makes tables of the figures of peers.sh.")
        {
            figures, line, versions, output, json,
        };
        command.SetAction(result =>
        {
            PeerFigure[] all = [.. File.ReadLines(result.GetRequiredValue(figures).FullName).Select(PeerFigure.Parse)];
            string[] programs = result.GetRequiredValue(versions);
            string report = PeerReport.Create(all, result.GetRequiredValue(line), programs);
            Console.Write(report);
            if (result.GetValue(output) is FileInfo file)
            {
                File.WriteAllText(file.FullName, report);
            }

            if (result.GetValue(json) is FileInfo raw)
            {
                DateTimeOffset date = TimeProvider.System.GetUtcNow();
                var everything = new { date, Machine.Processor, programs, figures = all };
                File.WriteAllText(raw.FullName, JsonSerializer.Serialize(everything, Json));
            }
        });
        return command;
    }
}
