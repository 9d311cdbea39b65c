using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laser.Serve.OpenAi;

/// <summary>One string or a list of them, as in <c>stop</c>.</summary>
[JsonConverter(typeof(StringListConverter))]
internal sealed record StringList(IReadOnlyList<string> Items);

/// <summary>Reads a <see cref="StringList"/>; nobody writes one.</summary>
internal sealed class StringListConverter : JsonConverter<StringList>
{
    public override StringList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new StringList([reader.GetString()!]);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        List<string> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException());
        }

        return new StringList(items);
    }

    public override void Write(Utf8JsonWriter writer, StringList value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}
