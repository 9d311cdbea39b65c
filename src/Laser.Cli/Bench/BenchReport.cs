using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laser.Cli.Bench;

/// <summary>What <c>--json</c> writes: all that a bench has found out. The README beside it tells the names.</summary>
internal sealed record BenchReport
{
    /// <summary>Name and version of the format. A new field keeps it; another meaning of a field does not.</summary>
    public const string CurrentSchema = "laser-bench/1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary><see cref="CurrentSchema"/>.</summary>
    public string Schema { get; init; } = CurrentSchema;

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Version of the program that measured.</summary>
    public required string ClientVersion { get; init; }

    /// <summary>Processors of the machine that measured.</summary>
    public required int ClientProcessors { get; init; }

    /// <summary>What was measured.</summary>
    public required ServerDescription Server { get; init; }

    /// <summary>What was sent.</summary>
    public required ReportSettings Settings { get; init; }

    /// <summary>What came of it, level by level.</summary>
    public required IReadOnlyList<LevelResult> Levels { get; init; }

    /// <summary>Reads a report.</summary>
    /// <exception cref="InvalidDataException">It is none, or of another version.</exception>
    public static BenchReport Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<BenchReport>(json, Json) is { Schema: CurrentSchema } report
                ? report
                : throw new InvalidDataException($"This is not a report of format {CurrentSchema}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is not a report of format {CurrentSchema}: {e.Message}", e);
        }
    }

    /// <summary>The report as text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}
