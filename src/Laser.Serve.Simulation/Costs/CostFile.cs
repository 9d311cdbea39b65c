using System.Text.Json;

namespace Laser.Serve.Simulation.Costs;

/// <summary>A cost model as a file, with what it was measured on.</summary>
public sealed record CostFile
{
    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Version of the file's layout: 1.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the model that was measured.</summary>
    public required string Model { get; init; }

    /// <summary>What it ran on.</summary>
    public required string Device { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Measured { get; init; }

    /// <summary>Positions that the model has.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Tokens that fitted its key/value cache.</summary>
    public required long CacheTokens { get; init; }

    /// <summary>Steps that were measured.</summary>
    public required int Steps { get; init; }

    /// <summary>Mean of <c>|predicted - measured| / measured</c> over these steps.</summary>
    public required double MeanError { get; init; }

    /// <summary>The coefficients, in seconds.</summary>
    public required CostModel Cost { get; init; }

    /// <summary>Writes the file.</summary>
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not one of these files.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CostFile Load(string path)
    {
        CostFile? file;
        try
        {
            file = JsonSerializer.Deserialize<CostFile>(File.ReadAllText(path), Json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }

        string? error = file switch
        {
            null => "there is nothing in it",
            { Format: not CurrentFormat } => $"it has format {file.Format}, this program knows {CurrentFormat}",
            { Cost: null } => "it has no cost",
            _ => file.Cost.FindError(),
        };
        return error is null ? file! : throw new InvalidDataException($"{path}: {error}");
    }
}
