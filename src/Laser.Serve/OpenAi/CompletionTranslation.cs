using Laser.Serve.V1;

namespace Laser.Serve.OpenAi;

/// <summary>
/// A completion request as native ones, one for each prompt. Checks only what the native request does not know; ranges
/// are checked where all protocols meet.
/// </summary>
internal static class CompletionTranslation
{
    private const uint DefaultMaxTokens = 16;
    private const int MaxPrompts = 64;

    /// <param name="request">The request.</param>
    /// <param name="requestId">Name of the request in logs and traces.</param>
    /// <exception cref="OpenAiException">400, naming the parameter.</exception>
    public static IReadOnlyList<GenerateRequest> Translate(CompletionRequest request, string requestId)
    {
        ThrowIfUnsupported(request);
        IReadOnlyList<Prompt> prompts = Prompts(request);
        GenerateRequest template = Template(request);
        var requests = new GenerateRequest[prompts.Count];
        for (int i = 0; i < requests.Length; i++)
        {
            GenerateRequest native = template.Clone();
            native.RequestId = requests.Length == 1 ? requestId : $"{requestId}-{i}";
            if (prompts[i].TokenIds is { } ids)
            {
                native.PromptTokenIds = new TokenIds { Ids = { ids } };
            }
            else
            {
                native.Prompt = prompts[i].Text;
            }

            requests[i] = native;
        }

        return requests;
    }

    /// <summary>What the caller calls the fields of one of the native requests.</summary>
    public static ParameterNames Names(CompletionRequest request, int prompt) => new(
        request.Prompt?.Items.Count > 1 ? $"prompt[{prompt}]" : "prompt", ConstraintTranslation.Parameter(request));

    private static void ThrowIfUnsupported(CompletionRequest request)
    {
        if (!string.IsNullOrEmpty(request.Suffix))
        {
            throw Invalid("suffix", "unsupported_parameter", "cannot be had: a model here only continues a text");
        }

        if (request.BestOf is { } bestOf && bestOf != (request.N ?? 1))
        {
            throw Invalid("best_of", "unsupported_value", $"is {bestOf}; it must be n, which is {request.N ?? 1}");
        }

        if (request.StreamOptions is not null && request.Stream != true)
        {
            throw Invalid("stream_options", "invalid_value", "needs stream to be true");
        }
    }

    private static IReadOnlyList<Prompt> Prompts(CompletionRequest request)
    {
        IReadOnlyList<Prompt> prompts = request.Prompt?.Items
            ?? throw Invalid("prompt", "missing_required_parameter", "is missing");
        return prompts.Count is > 0 and <= MaxPrompts
            ? prompts
            : throw Invalid("prompt", "invalid_value", $"has {prompts.Count} entries; 1 to {MaxPrompts} are allowed");
    }

    private static GenerateRequest Template(CompletionRequest request)
    {
        var native = new GenerateRequest
        {
            Model = request.Model ?? "",
            MaxTokens = request.MaxTokens ?? DefaultMaxTokens,
            Sampling = Sampling(request),
            Stop = Stop(request),
            Output = Output(request),
            Constraint = ConstraintTranslation.Translate(request),
            Priority = request.Priority ?? 0,
            Cache = request.CacheSalt is { } salt ? new CacheParams { Salt = salt } : null,
        };
        Set(request.N, value => native.N = value);
        Set(request.TruncatePromptTokens, value => native.TruncatePromptTokens = value);
        Set(request.TimeLimitMs, value => native.TimeLimitMs = value);
        return native;
    }

    private static SamplingParams Sampling(CompletionRequest request)
    {
        var sampling = new SamplingParams();
        Set(request.Temperature, value => sampling.Temperature = value);
        Set(TopK(request.TopK), value => sampling.TopK = value);
        Set(request.TopP, value => sampling.TopP = value);
        Set(Seed(request.Seed), value => sampling.Seed = value);
        Set(request.MinP, value => sampling.MinP = value);
        Set(request.TypicalP, value => sampling.TypicalP = value);
        Set(request.RepetitionPenalty, value => sampling.RepetitionPenalty = value);
        Set(request.PresencePenalty, value => sampling.PresencePenalty = value);
        Set(request.FrequencyPenalty, value => sampling.FrequencyPenalty = value);
        sampling.LogitBias.Add(request.LogitBias ?? []);
        sampling.AllowedTokenIds.Add(request.AllowedTokenIds ?? []);
        return sampling;
    }

    private static StopParams Stop(CompletionRequest request)
    {
        var stop = new StopParams
        {
            IncludeStop = request.IncludeStopStrInOutput ?? false,
            MinTokens = request.MinTokens ?? 0,
            IgnoreEos = request.IgnoreEos ?? false,
        };
        stop.Strings.Add(request.Stop?.Items ?? []);
        stop.TokenIds.Add(request.StopTokenIds ?? []);
        return stop;
    }

    private static OutputParams Output(CompletionRequest request)
    {
        // The tokens are asked for only where they are answered, or where those of an echoed prompt are to be spelt out;
        // counting them needs only the end's usage.
        bool echo = request.Echo ?? false;
        var output = new OutputParams
        {
            Text = true,
            TokenIds = (request.ReturnTokenIds ?? false) || (echo && request.Logprobs is not null),
            Echo = echo,
        };
        Set(request.SkipSpecialTokens, value => output.SkipSpecialTokens = value);
        Set(request.Logprobs, value => output.Logprobs = value);
        if (echo)
        {
            Set(request.Logprobs, value => output.PromptLogprobs = value);
        }

        return output;
    }

    // Others write "all tokens" as -1.
    private static uint? TopK(int? value) => value switch
    {
        null => null,
        -1 => 0,
        < 0 => throw Invalid("top_k", "invalid_value", $"is {value}; it must be 0 or more, or -1 for all tokens"),
        _ => (uint)value,
    };

    // A negative seed is as good as any; it becomes the unsigned number with the same bits.
    private static ulong? Seed(Int128? value) => value switch
    {
        null => null,
        _ when value < long.MinValue || value > ulong.MaxValue => throw Invalid(
            "seed", "invalid_value", $"is {value}; it must be {long.MinValue} to {ulong.MaxValue}"),
        _ => unchecked((ulong)value.Value),
    };

    private static void Set<T>(T? value, Action<T> assign)
        where T : struct
    {
        if (value is { } given)
        {
            assign(given);
        }
    }

    private static OpenAiException Invalid(string parameter, string code, string problem) =>
        OpenAiException.BadRequest(parameter, code, $"{parameter} {problem}.");
}
