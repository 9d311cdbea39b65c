using Grpc.Core;
using Laser.Serve.Hosting;
using static Laser.Serve.Services.Mapping.FieldCheck;
using SamplingParams = Laser.Serve.Engine.Requests.SamplingParams;

namespace Laser.Serve.Services.Mapping;

/// <summary>The field <c>sampling</c> of a request.</summary>
internal static class SamplingMapper
{
    private const float MaxTemperature = 100;
    private const float MaxRepetitionPenalty = 100;
    private const float MaxPenalty = 2;
    private const float MaxBias = 100;
    private const int MaxBiasedTokens = 1024;

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static SamplingParams Map(V1.SamplingParams? message, ServedModel model)
    {
        SamplingParams defaults = model.SamplingDefaults;
        V1.SamplingParams m = message ?? new V1.SamplingParams();
        return new SamplingParams
        {
            Temperature = m.HasTemperature
                ? InRange("sampling.temperature", m.Temperature, 0, MaxTemperature) : defaults.Temperature,
            TopK = m.HasTopK ? (int)Math.Min(m.TopK, int.MaxValue) : defaults.TopK,
            TopP = m.HasTopP ? Positive("sampling.top_p", m.TopP, 1) : defaults.TopP,
            MinP = m.HasMinP ? InRange("sampling.min_p", m.MinP, 0, 1) : defaults.MinP,
            TypicalP = m.HasTypicalP ? Positive("sampling.typical_p", m.TypicalP, 1) : defaults.TypicalP,
            RepetitionPenalty = m.HasRepetitionPenalty
                ? Positive("sampling.repetition_penalty", m.RepetitionPenalty, MaxRepetitionPenalty)
                : defaults.RepetitionPenalty,
            PresencePenalty = m.HasPresencePenalty
                ? InRange("sampling.presence_penalty", m.PresencePenalty, -MaxPenalty, MaxPenalty)
                : defaults.PresencePenalty,
            FrequencyPenalty = m.HasFrequencyPenalty
                ? InRange("sampling.frequency_penalty", m.FrequencyPenalty, -MaxPenalty, MaxPenalty)
                : defaults.FrequencyPenalty,
            LogitBias = LogitBias(m, model),
            AllowedTokenIds = TokenIds("sampling.allowed_token_ids", m.AllowedTokenIds, model.VocabularySize),
            BannedTokenIds = TokenIds("sampling.banned_token_ids", m.BannedTokenIds, model.VocabularySize),
            Seed = m.HasSeed ? m.Seed : (ulong)Random.Shared.NextInt64(),
        };
    }

    // In the order of ids: a map has none of its own, and the same request must give the same tokens.
    private static KeyValuePair<int, float>[] LogitBias(V1.SamplingParams message, ServedModel model)
    {
        Count("sampling.logit_bias", message.LogitBias.Count, MaxBiasedTokens);
        return
        [
            .. message.LogitBias.OrderBy(entry => entry.Key).Select(entry =>
            {
                string field = $"sampling.logit_bias[{entry.Key}]";
                int id = TokenId(field, entry.Key, model.VocabularySize);
                return KeyValuePair.Create(id, InRange(field, entry.Value, -MaxBias, MaxBias));
            }),
        ];
    }
}
