using System.Text.Json.Serialization;

namespace Laser.Serve.OpenAi;

/// <summary>The answer of <c>GET /v1/models</c>.</summary>
internal sealed record ModelList(IReadOnlyList<ModelEntry> Data)
{
    [JsonPropertyName("object")]
    [JsonPropertyOrder(-1)]
    public string Kind { get; } = "list";
}

/// <summary>A model, as <c>GET /v1/models</c> lists it.</summary>
/// <param name="Id">Name that clients use.</param>
/// <param name="Created">When the server was started, in seconds since 1970, UTC.</param>
/// <param name="OwnedBy">Always <c>laser.serve</c>.</param>
/// <param name="MaxModelLen">Longest sequence, prompt and generated tokens together.</param>
internal sealed record ModelEntry(string Id, long Created, string OwnedBy, int MaxModelLen)
{
    [JsonPropertyName("object")]
    [JsonPropertyOrder(-1)]
    public string Kind { get; } = "model";
}
