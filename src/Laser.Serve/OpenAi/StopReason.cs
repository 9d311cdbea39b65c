using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laser.Serve.OpenAi;

/// <summary>What ended a text: a stop string, written as a string, or a token, written as its id.</summary>
[JsonConverter(typeof(StopReasonConverter))]
internal sealed record StopReason(string? Text, uint TokenId);

/// <summary>Writes a <see cref="StopReason"/>; nobody reads one.</summary>
internal sealed class StopReasonConverter : JsonConverter<StopReason>
{
    public override StopReason Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, StopReason value, JsonSerializerOptions options)
    {
        if (value.Text is { } text)
        {
            writer.WriteStringValue(text);
        }
        else
        {
            writer.WriteNumberValue(value.TokenId);
        }
    }
}
