using System.Text;
using Grpc.Core;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using static Laser.Serve.Services.Mapping.FieldCheck;

namespace Laser.Serve.Services.Mapping;

/// <summary>Message to engine request. The only gate: what passes here is valid.</summary>
internal static class RequestMapper
{
    private const int DefaultMaxTokens = 256;
    private const int MaxTopLogprobs = 20;
    private const int MaxTimeLimitMilliseconds = 86_400_000;
    private const int MaxPriority = 100;
    private const int MaxSaltBytes = 128;

    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static GenerationRequest Map(GenerateRequest request, ServedModel model)
    {
        IReadOnlyList<int> prompt = Prompt(request, model);
        int maxTokens = MaxTokens(request, prompt.Count, model);
        StopParams stop = request.Stop ?? new StopParams();
        OutputParams output = request.Output ?? new OutputParams();
        if (output is { HasText: true, Text: false, HasTokenIds: true, TokenIds: false })
        {
            throw Invalid("output", "asks for neither text nor token_ids");
        }

        return new GenerationRequest
        {
            Id = RequestId.Resolve(request.RequestId),
            PromptTokenIds = prompt,
            MaxTokens = maxTokens,
            SequenceCount = request.HasN ? InRange("n", request.N, 1, model.MaxSequencesPerRequest) : 1,
            Sampling = SamplingMapper.Map(request.Sampling, model),
            Constraint = ConstraintMapper.Map(request.Constraint, model),
            StopTokenIds = StopMapper.TokenIds(stop, model),
            StopStrings = StopMapper.Strings(stop),
            IncludeStop = stop.IncludeStop,
            MinTokens = InRange("stop.min_tokens", stop.MinTokens, 0, maxTokens),
            SkipSpecialTokens = !output.HasSkipSpecialTokens || output.SkipSpecialTokens,
            TopLogprobs = output.HasLogprobs ? InRange("output.logprobs", output.Logprobs, 0, MaxTopLogprobs) : null,
            PromptTopLogprobs = output.HasPromptLogprobs
                ? InRange("output.prompt_logprobs", output.PromptLogprobs, 0, MaxTopLogprobs) : null,
            TimeLimit = request.HasTimeLimitMs
                ? TimeSpan.FromMilliseconds(InRange("time_limit_ms", request.TimeLimitMs, 1, MaxTimeLimitMilliseconds))
                : null,
            Priority = InRange("priority", request.Priority, -MaxPriority, MaxPriority),
            UsePrefixCache = !(request.Cache?.Bypass ?? false),
            CacheSalt = Salt(request.Cache?.Salt ?? ""),
        };
    }

    private static IReadOnlyList<int> Prompt(GenerateRequest request, ServedModel model)
    {
        (string field, IReadOnlyList<int> ids) = request.InputCase switch
        {
            GenerateRequest.InputOneofCase.Prompt => ("prompt", model.EncodePrompt(request.Prompt)),
            GenerateRequest.InputOneofCase.PromptTokenIds => (
                "prompt_token_ids",
                TokenIds("prompt_token_ids.ids", request.PromptTokenIds.Ids, model.VocabularySize)),
            _ => throw Invalid("input", "is missing: set prompt or prompt_token_ids"),
        };
        if (ids.Count == 0)
        {
            throw Invalid(field, "is empty and the model has no begin-of-sequence token");
        }

        if (request.HasTruncatePromptTokens)
        {
            int kept = InRange("truncate_prompt_tokens", request.TruncatePromptTokens, 1, int.MaxValue);
            ids = ids.Count > kept ? [.. ids.Skip(ids.Count - kept)] : ids;
        }

        return ids.Count < model.ContextLength
            ? ids
            : throw Invalid(
                field, $"has {ids.Count} tokens; the context of {model.ContextLength} leaves no room for an answer");
    }

    private static int MaxTokens(GenerateRequest request, int promptCount, ServedModel model)
    {
        int room = model.ContextLength - promptCount;
        if (!request.HasMaxTokens)
        {
            return Math.Min(DefaultMaxTokens, room);
        }

        return request.MaxTokens >= 1 && request.MaxTokens <= room
            ? (int)request.MaxTokens
            : throw Invalid(
                "max_tokens", $"is {request.MaxTokens}; after {promptCount} prompt tokens it can be 1 to {room}");
    }

    private static string Salt(string salt)
    {
        int bytes = Encoding.UTF8.GetByteCount(salt);
        return bytes <= MaxSaltBytes
            ? salt
            : throw Invalid("cache.salt", $"has {bytes} bytes; {MaxSaltBytes} are allowed");
    }
}
