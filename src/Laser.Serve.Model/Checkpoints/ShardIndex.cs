using System.Text.Json;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// Reads <c>model.safetensors.index.json</c>, <c>{"weight_map": {tensor: file}}</c>, which tells the file of each
/// tensor of a checkpoint kept in several.
/// </summary>
internal static class ShardIndex
{
    /// <summary>Reads an index: file name by tensor name.</summary>
    /// <exception cref="CheckpointException">It is broken, or names something other than a file beside it.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        JsonElement index = JsonFile.ReadObject(path);
        if (!index.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(path, "has no object 'weight_map'.");
        }

        var files = new Dictionary<string, string>();
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            if (file is null || !IsPlainFileName(file))
            {
                throw new CheckpointException(
                    path,
                    $"weight_map gives tensor '{entry.Name}' {entry.Value.GetRawText()}, which is no file beside it.");
            }

            files.Add(entry.Name, file);
        }

        return files;
    }

    // An index must not reach out of its folder.
    private static bool IsPlainFileName(string name) =>
        name.EndsWith(".safetensors", StringComparison.Ordinal) && !name.AsSpan().ContainsAny('/', '\\', '\0');
}
