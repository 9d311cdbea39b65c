using System.Globalization;
using System.Text.Json;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Configuration;

/// <summary>
/// An object of a JSON configuration file, read key by key. A key that is absent and one that is null are the same, as
/// in Hugging Face's files; a value of the wrong kind or out of range is an error that names file and key.
/// </summary>
internal sealed class ConfigObject(string file, JsonElement json, string prefix = "")
{
    // 2^-126; below it fp32 loses digits.
    private const double SmallestNormal = 1.17549435e-38;

    /// <summary>Reads the object a file consists of.</summary>
    public static ConfigObject Load(string path) => new(path, JsonFile.ReadObject(path));

    /// <summary>All keys, also those that are null.</summary>
    public IEnumerable<string> Keys => json.EnumerateObject().Select(property => property.Name);

    /// <summary>The value of a key, or null when it is absent or null.</summary>
    public JsonElement? Find(string key) =>
        json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A whole number within bounds, or null.</summary>
    public int? Integer(string key, int minimum, int maximum)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return ToInteger(key, value, minimum, maximum);
    }

    /// <summary>A whole number, or a list of them; empty when absent.</summary>
    public IReadOnlyList<int>? Integers(string key, int minimum, int maximum) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list =>
            [.. list.EnumerateArray().Select(value => ToInteger(key, value, minimum, maximum))],
        { } value => [ToInteger(key, value, minimum, maximum)],
    };

    /// <summary>A finite number within bounds, or null.</summary>
    public double? Number(string key, double minimum, double maximum)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
            && number >= minimum && number <= maximum
            ? number
            : throw Refuse(
                key, $"is {value.GetRawText()}; it must be a number from {Text(minimum)} to {Text(maximum)}.");
    }

    /// <summary>A number that is positive, finite and normal in fp32, or null.</summary>
    public float? PositiveSingle(string key) => (float?)Number(key, SmallestNormal, float.MaxValue);

    /// <summary>True or false, or null.</summary>
    public bool? Flag(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Refuse(key, $"is {value.GetRawText()}; it must be true or false."),
    };

    /// <summary>A string, or null.</summary>
    public string? String(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Refuse(key, $"is {value.GetRawText()}; it must be a string."),
    };

    /// <summary>An object within this one, or null.</summary>
    public ConfigObject? Object(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ConfigObject(file, value, $"{PathOf(key)}."),
        { } value => throw Refuse(key, $"is {value.GetRawText()}; it must be an object."),
    };

    /// <summary>The key with the objects it lies in: <c>rope_scaling.factor</c>.</summary>
    public string PathOf(string key) => prefix + key;

    /// <summary>An error about a key; <paramref name="problem"/> continues "key ".</summary>
    public CheckpointException Refuse(string key, string problem) => new(file, $"{PathOf(key)} {problem}");

    private int ToInteger(string key, JsonElement value, int minimum, int maximum) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            && number >= minimum && number <= maximum
            ? number
            : throw Refuse(key, $"is {value.GetRawText()}; it must be a whole number from {minimum} to {maximum}.");

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
