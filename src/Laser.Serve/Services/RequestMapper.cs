using System.Text;
using Google.Protobuf.Collections;
using Grpc.Core;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Errors;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using SamplingParams = Laser.Serve.Engine.Requests.SamplingParams;

namespace Laser.Serve.Services;

/// <summary>Message to engine request. The only gate: what passes here is valid.</summary>
internal static class RequestMapper
{
    private const int DefaultMaxTokens = 256;
    private const int MaxStopStrings = 16;
    private const int MaxStopStringBytes = 256;
    private const int MaxStopTokenIds = 64;
    private const float MaxTemperature = 100f;

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static GenerationRequest Map(GenerateRequest request, ServedModel model)
    {
        IReadOnlyList<int> prompt = Prompt(request, model);
        int room = model.ContextLength - prompt.Count;
        if (room < 1)
        {
            throw Invalid(
                "prompt", $"has {prompt.Count} tokens; the context of {model.ContextLength} leaves no room for an answer");
        }

        return new GenerationRequest
        {
            Id = Guid.NewGuid().ToString("n"),
            PromptTokenIds = prompt,
            MaxTokens = MaxTokens(request, prompt.Count, room),
            Sampling = Sampling(request.Sampling, model.SamplingDefaults),
            StopTokenIds = StopTokenIds(request.Stop, model),
            StopStrings = StopStrings(request.Stop),
        };
    }

    private static IReadOnlyList<int> Prompt(GenerateRequest request, ServedModel model)
    {
        switch (request.InputCase)
        {
            case GenerateRequest.InputOneofCase.Prompt:
                return NotEmpty("prompt", model.EncodePrompt(request.Prompt));
            case GenerateRequest.InputOneofCase.PromptTokenIds:
                return NotEmpty(
                    "prompt_token_ids", TokenIds("prompt_token_ids.ids", request.PromptTokenIds.Ids, model));
            default:
                throw Invalid("input", "is missing: set prompt or prompt_token_ids");
        }
    }

    private static IReadOnlyList<int> NotEmpty(string field, IReadOnlyList<int> ids) =>
        ids.Count > 0 ? ids : throw Invalid(field, "is empty and the model has no begin-of-sequence token");

    private static int MaxTokens(GenerateRequest request, int promptCount, int room)
    {
        if (!request.HasMaxTokens)
        {
            return Math.Min(DefaultMaxTokens, room);
        }

        if (request.MaxTokens == 0 || request.MaxTokens > room)
        {
            throw Invalid(
                "max_tokens", $"is {request.MaxTokens}; after {promptCount} prompt tokens it can be 1 to {room}");
        }

        return (int)request.MaxTokens;
    }

    private static SamplingParams Sampling(V1.SamplingParams? sampling, SamplingParams defaults)
    {
        sampling ??= new V1.SamplingParams();
        float temperature = sampling.HasTemperature ? sampling.Temperature : defaults.Temperature;
        float topP = sampling.HasTopP ? sampling.TopP : defaults.TopP;
        if (!(temperature >= 0f && temperature <= MaxTemperature))
        {
            throw Invalid("sampling.temperature", $"is {temperature}; it must be 0 to {MaxTemperature}");
        }

        if (!(topP > 0f && topP <= 1f))
        {
            throw Invalid("sampling.top_p", $"is {topP}; it must be above 0 and at most 1");
        }

        return new SamplingParams
        {
            Temperature = temperature,
            TopK = sampling.HasTopK ? (int)Math.Min(sampling.TopK, int.MaxValue) : defaults.TopK,
            TopP = topP,
            Seed = sampling.HasSeed ? sampling.Seed : (ulong)Random.Shared.NextInt64(),
        };
    }

    private static IReadOnlyList<int> StopTokenIds(StopParams? stop, ServedModel model)
    {
        if (stop is null || stop.TokenIds.Count == 0)
        {
            return model.EndOfSequenceIds;
        }

        if (stop.TokenIds.Count > MaxStopTokenIds)
        {
            throw Invalid("stop.token_ids", $"has {stop.TokenIds.Count} entries; {MaxStopTokenIds} are allowed");
        }

        return [.. model.EndOfSequenceIds, .. TokenIds("stop.token_ids", stop.TokenIds, model)];
    }

    private static IReadOnlyList<string> StopStrings(StopParams? stop)
    {
        if (stop is null || stop.Strings.Count == 0)
        {
            return [];
        }

        if (stop.Strings.Count > MaxStopStrings)
        {
            throw Invalid("stop.strings", $"has {stop.Strings.Count} entries; {MaxStopStrings} are allowed");
        }

        foreach (string text in stop.Strings)
        {
            int bytes = Encoding.UTF8.GetByteCount(text);
            if (bytes is 0 or > MaxStopStringBytes)
            {
                throw Invalid("stop.strings", $"has an entry of {bytes} bytes; 1 to {MaxStopStringBytes} are allowed");
            }
        }

        return [.. stop.Strings];
    }

    private static int[] TokenIds(string field, RepeatedField<uint> ids, ServedModel model)
    {
        var checkedIds = new int[ids.Count];
        for (int i = 0; i < checkedIds.Length; i++)
        {
            if (ids[i] >= (uint)model.VocabularySize)
            {
                throw Invalid($"{field}[{i}]", $"is {ids[i]}; token ids go from 0 to {model.VocabularySize - 1}");
            }

            checkedIds[i] = (int)ids[i];
        }

        return checkedIds;
    }

    private static RpcException Invalid(string field, string problem) => RpcErrors.InvalidArgument(field, problem);
}
