using System.Text.Json;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// Reads one entry of a safetensors header, <c>{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}</c>, and
/// checks it by itself; <see cref="SafetensorsHeader"/> checks it against the others.
/// </summary>
internal readonly struct TensorEntryReader(string file, string name)
{
    /// <summary>Reads the entry whose opening brace is the reader's current token.</summary>
    public TensorEntry Read(ref Utf8JsonReader reader)
    {
        string? elementType = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when elementType is null:
                    elementType = reader.TokenType == JsonTokenType.String
                        ? reader.GetString()
                        : throw Bad("dtype is no string");
                    break;
                case "shape" when shape is null:
                    shape = ReadCounts(ref reader, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadCounts(ref reader, key);
                    break;
                default:
                    throw Bad($"unknown or repeated key '{key}'");
            }
        }

        return Check(
            elementType ?? throw Bad("dtype is missing"),
            shape ?? throw Bad("shape is missing"),
            offsets ?? throw Bad("data_offsets is missing"));
    }

    private List<long> ReadCounts(ref Utf8JsonReader reader, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Bad($"{key} is no array");
        }

        var counts = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long count) || count < 0)
            {
                throw Bad($"{key} holds something that is no count");
            }

            counts.Add(count);
        }

        return counts;
    }

    private TensorEntry Check(string elementType, List<long> shape, List<long> offsets)
    {
        int elementSize = ElementTypes.ByteSize(elementType) ?? throw Bad($"unknown dtype '{elementType}'");
        if (offsets.Count != 2 || offsets[0] > offsets[1])
        {
            throw Bad($"data_offsets [{string.Join(", ", offsets)}] are no range");
        }

        var entry = new TensorEntry(elementType, shape, offsets[0], offsets[1]);
        Int128 byteSize = elementSize;
        foreach (long count in shape)
        {
            byteSize *= count;
            if (byteSize > long.MaxValue)
            {
                throw Bad($"shape {entry.ShapeText} is too large for any file");
            }
        }

        if (byteSize != entry.ByteSize)
        {
            throw Bad($"{elementType} {entry.ShapeText} takes {byteSize} bytes, data_offsets give it {entry.ByteSize}");
        }

        return entry;
    }

    private CheckpointException Bad(string problem) => new(file, $"tensor '{name}': {problem}.");
}
