using System.Text.Json;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// Reads the JSON header of a safetensors file. A file comes from a stranger, so everything the format promises is
/// checked: known types, shapes whose size is the size of their bytes, and byte ranges that cover the data exactly,
/// without gaps and overlaps. Memory is taken in proportion to the header's own length, never to a number in it.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>Longest header the format allows.</summary>
    public const int LongestHeader = 100_000_000;

    private const string MetadataKey = "__metadata__";

    /// <summary>Reads and checks a header.</summary>
    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="json">The header, without its length.</param>
    /// <param name="dataLength">Bytes of the file that follow the header.</param>
    public static IReadOnlyDictionary<string, TensorEntry> Parse(string file, ReadOnlySpan<byte> json, long dataLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new CheckpointException(file, "the header does not begin with '{'; this is not a safetensors file.");
        }

        try
        {
            IReadOnlyDictionary<string, TensorEntry> tensors = ReadTensors(file, json);
            CheckCoverage(file, tensors, dataLength);
            return tensors;
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, $"the header is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // What Utf8JsonReader.GetString throws for bytes that are no UTF-8.
            throw new CheckpointException(file, $"the header is not valid UTF-8: {e.Message}", e);
        }
    }

    private static Dictionary<string, TensorEntry> ReadTensors(string file, ReadOnlySpan<byte> json)
    {
        var tensors = new Dictionary<string, TensorEntry>();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool hasMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            bool isNew = name == MetadataKey ? !hasMetadata : !tensors.ContainsKey(name);
            if (!isNew)
            {
                throw new CheckpointException(file, $"tensor '{name}' appears twice in the header.");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new CheckpointException(file, $"tensor '{name}' is not described by a JSON object.");
            }

            if (name == MetadataKey)
            {
                hasMetadata = true;
                reader.Skip();
            }
            else
            {
                tensors.Add(name, new TensorEntryReader(file, name).Read(ref reader));
            }
        }

        // Anything but white space behind the closing brace makes this throw.
        reader.Read();
        return tensors;
    }

    private static void CheckCoverage(string file, IReadOnlyDictionary<string, TensorEntry> tensors, long dataLength)
    {
        string previous = "";
        long covered = 0;
        foreach ((string name, TensorEntry tensor) in tensors.OrderBy(t => t.Value.Begin).ThenBy(t => t.Value.End))
        {
            if (tensor.End > dataLength)
            {
                throw new CheckpointException(
                    file,
                    $"tensor '{name}' ends at byte {tensor.End}, the data at {dataLength}; is the file truncated?");
            }

            if (tensor.Begin < covered)
            {
                throw new CheckpointException(
                    file,
                    $"tensor '{name}' begins at byte {tensor.Begin}, inside '{previous}' that ends at {covered}.");
            }

            if (tensor.Begin > covered)
            {
                throw new CheckpointException(
                    file, $"no tensor covers the {tensor.Begin - covered} bytes before tensor '{name}'.");
            }

            (previous, covered) = (name, tensor.End);
        }

        if (covered != dataLength)
        {
            throw new CheckpointException(file, $"no tensor covers the last {dataLength - covered} bytes.");
        }
    }
}
