using System.Text.Json;
using System.Text.Json.Nodes;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.Vllm;
using SamplingParams = Laser.Serve.Engine.Requests.SamplingParams;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>The served model as a gateway wants to know it.</summary>
internal static class VllmModelInfo
{
    public static async Task<GetModelInfoResponse> DescribeAsync(ServedModel model, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(Path.Combine(model.Folder, "config.json"));
        using JsonDocument config = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
        return new GetModelInfoResponse
        {
            ModelPath = model.Folder,
            TokenizerPath = model.Folder,
            ServedModelName = model.Name,
            IsGeneration = true,
            MaxContextLength = (uint)model.ContextLength,
            MaxReqInputLen = model.ContextLength - 1,
            VocabSize = (uint)model.VocabularySize,
            ModelType = Text(config.RootElement, "model_type"),
            Architectures = { Texts(config.RootElement, "architectures") },
            EosTokenIds = { model.EndOfSequenceIds },
            BosTokenId = model.Config.BosTokenId ?? 0,
            PadTokenId = Number(config.RootElement, "pad_token_id"),
            DefaultSamplingParamsJson = Defaults(model.SamplingDefaults),
        };
    }

    /// <summary>The checkpoint's sampling parameters, those that are not vLLM's own defaults.</summary>
    public static string Defaults(SamplingParams sampling)
    {
        var defaults = new JsonObject();
        Add("temperature", sampling.Temperature, 1f);
        Add("top_p", sampling.TopP, 1f);
        Add("min_p", sampling.MinP, 0f);
        Add("repetition_penalty", sampling.RepetitionPenalty, 1f);
        if (sampling.TopK != 0)
        {
            defaults["top_k"] = sampling.TopK;
        }

        return defaults.ToJsonString();

        void Add(string name, float value, float neutral)
        {
            if (value != neutral)
            {
                defaults[name] = value;
            }
        }
    }

    private static string Text(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "";

    private static string[] Texts(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!)]
            : [];

    private static int Number(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement value) && value.TryGetInt32(out int number) ? number : 0;
}
