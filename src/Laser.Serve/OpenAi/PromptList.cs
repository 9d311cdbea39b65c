using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laser.Serve.OpenAi;

/// <summary>What <c>prompt</c> can be: a text, several, the token ids of one, or those of several.</summary>
[JsonConverter(typeof(PromptListConverter))]
internal sealed record PromptList(IReadOnlyList<Prompt> Items);

/// <summary>A prompt: a text, or token ids.</summary>
internal readonly record struct Prompt(string? Text, IReadOnlyList<uint>? TokenIds);

/// <summary>Reads a <see cref="PromptList"/>; nobody writes one.</summary>
internal sealed class PromptListConverter : JsonConverter<PromptList>
{
    public override PromptList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new PromptList([new Prompt(reader.GetString(), null)]);
        }

        if (reader.TokenType != JsonTokenType.StartArray || !reader.Read())
        {
            throw new JsonException();
        }

        return reader.TokenType switch
        {
            JsonTokenType.EndArray => new PromptList([]),
            JsonTokenType.Number => new PromptList([new Prompt(null, ReadTokenIds(ref reader))]),
            _ => ReadSeveral(ref reader),
        };
    }

    public override void Write(Utf8JsonWriter writer, PromptList value, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    // All texts or all token ids: a mixture is more likely a mistake than a wish.
    private static PromptList ReadSeveral(ref Utf8JsonReader reader)
    {
        JsonTokenType kind = reader.TokenType;
        List<Prompt> prompts = [];
        while (reader.TokenType == kind)
        {
            if (kind == JsonTokenType.String)
            {
                prompts.Add(new Prompt(reader.GetString(), null));
            }
            else if (kind == JsonTokenType.StartArray && reader.Read())
            {
                prompts.Add(new Prompt(null, ReadTokenIds(ref reader)));
            }
            else
            {
                throw new JsonException();
            }

            reader.Read();
        }

        return reader.TokenType == JsonTokenType.EndArray ? new PromptList(prompts) : throw new JsonException();
    }

    // From the first element to the end of the array.
    private static List<uint> ReadTokenIds(ref Utf8JsonReader reader)
    {
        List<uint> ids = [];
        while (reader.TokenType != JsonTokenType.EndArray)
        {
            ids.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out uint id)
                ? id
                : throw new JsonException());
            reader.Read();
        }

        return ids;
    }
}
