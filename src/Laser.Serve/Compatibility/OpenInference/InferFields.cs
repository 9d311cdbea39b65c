namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>
/// Everything a request can say, in one table: names as Triton's backends for language models and the protocol's
/// generate extension have them, and the native field each becomes.
/// </summary>
internal static class InferFields
{
    public const string TextInput = "text_input";
    public const string InputIds = "input_ids";
    public const string Stream = "stream";

    public static IReadOnlyList<InferField> All { get; } =
    [
        new([TextInput], "prompt", "BYTES", 1, (c, v) => c.Native.Prompt = v.Text(), IsParameter: false),
        new(
            [InputIds],
            "prompt_token_ids.ids",
            "INT32",
            -1,
            (c, v) => c.Native.PromptTokenIds = new V1.TokenIds { Ids = { v.TokenIds() } },
            IsParameter: false),
        new(["max_tokens"], "max_tokens", "INT32", 1, (c, v) => c.Native.MaxTokens = v.Count()),
        new(["temperature"], "sampling.temperature", "FP32", 1, (c, v) => c.Sampling.Temperature = v.Number()),
        new(["top_k"], "sampling.top_k", "INT32", 1, (c, v) => c.Sampling.TopK = v.Count()),
        new(["top_p"], "sampling.top_p", "FP32", 1, (c, v) => c.Sampling.TopP = v.Number()),
        new(["min_p"], "sampling.min_p", "FP32", 1, (c, v) => c.Sampling.MinP = v.Number()),
        new(["typical_p"], "sampling.typical_p", "FP32", 1, (c, v) => c.Sampling.TypicalP = v.Number()),
        new(["random_seed", "seed"], "sampling.seed", "UINT64", 1, (c, v) => c.Sampling.Seed = v.Key()),
        new(
            ["repetition_penalty"],
            "sampling.repetition_penalty",
            "FP32",
            1,
            (c, v) => c.Sampling.RepetitionPenalty = v.Number()),
        new(
            ["presence_penalty"],
            "sampling.presence_penalty",
            "FP32",
            1,
            (c, v) => c.Sampling.PresencePenalty = v.Number()),
        new(
            ["frequency_penalty"],
            "sampling.frequency_penalty",
            "FP32",
            1,
            (c, v) => c.Sampling.FrequencyPenalty = v.Number()),
        new(["stop_words", "stop"], "stop.strings", "BYTES", -1, (c, v) => c.Stop.Strings.Add(v.Texts())),
        new(["stop_token_ids"], "stop.token_ids", "INT32", -1, (c, v) => c.Stop.TokenIds.Add(v.TokenIds())),
        new(["min_tokens", "min_length"], "stop.min_tokens", "INT32", 1, (c, v) => c.Stop.MinTokens = v.Count()),
        new(["ignore_eos"], "stop.ignore_eos", "BOOL", 1, (c, v) => c.Stop.IgnoreEos = v.Flag()),
        new(["include_stop"], "stop.include_stop", "BOOL", 1, (c, v) => c.Stop.IncludeStop = v.Flag()),
        new(
            ["skip_special_tokens"],
            "output.skip_special_tokens",
            "BOOL",
            1,
            (c, v) => c.Output.SkipSpecialTokens = v.Flag()),
        new(["exclude_input_in_output"], "output.echo", "BOOL", 1, (c, v) => c.Output.Echo = !v.Flag()),
        new(["time_limit_ms"], "time_limit_ms", "INT32", 1, (c, v) => c.Native.TimeLimitMs = v.Count()),
        new([Stream], Stream, "BOOL", 1, (c, v) => c.WantsStream = v.Flag()),
        new(
            ["triton_enable_empty_final_response"],
            "",
            "BOOL",
            1,
            (c, v) => c.WantsEmptyFinal = v.Flag(),
            IsTensor: false),
    ];

    private static readonly Dictionary<string, InferField> ByName =
        All.SelectMany(field => field.Names, KeyValuePair.Create).ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The field of a name, or null.</summary>
    public static InferField? Find(string name) => ByName.GetValueOrDefault(name);
}
