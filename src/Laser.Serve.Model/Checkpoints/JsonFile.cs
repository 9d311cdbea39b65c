using System.Text.Json;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>Reads the small JSON files of a checkpoint.</summary>
internal static class JsonFile
{
    // The index of a model of a hundred thousand tensors takes about 10 MB.
    private const int LongestFile = 100_000_000;

    /// <summary>Reads a file whose content is one JSON object, without repeated keys.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable or something else.</exception>
    public static JsonElement ReadObject(string path)
    {
        byte[] json = ReadBytes(path);
        try
        {
            CheckStrings(json);
            using JsonDocument document = JsonDocument.Parse(
                json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointException(path, "is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(path, $"is not valid UTF-8: {e.Message}", e);
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= LongestFile
                ? File.ReadAllBytes(path)
                : throw new CheckpointException(path, $"{length} bytes are too many; at most {LongestFile} are read.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }

    // A string that is no text throws InvalidOperationException here, so that none is left to throw it later.
    private static void CheckStrings(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
            {
                reader.GetString();
            }
        }
    }
}
