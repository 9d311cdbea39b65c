namespace Laser.Serve.OpenAi;

/// <summary>
/// What the caller calls the fields of a native request: errors name what the caller wrote, not what it became.
/// </summary>
/// <param name="prompt">The prompt among others, <c>prompt[2]</c>, or <c>prompt</c>.</param>
/// <param name="constraint">The parameter that gave the constraint; null if none did.</param>
internal sealed class ParameterNames(string prompt, string? constraint)
{
    private const string PromptIds = "prompt_token_ids";

    private static readonly Dictionary<string, string> Others = new()
    {
        ["stop.strings"] = "stop",
        ["stop.token_ids"] = "stop_token_ids",
        ["stop.include_stop"] = "include_stop_str_in_output",
        ["output.prompt_logprobs"] = "logprobs",
        ["output.token_ids"] = "return_token_ids",
        ["cache.salt"] = "cache_salt",
    };

    /// <summary>The caller's name of a native field.</summary>
    /// <param name="field">Path of the field as protobuf names it, such as <c>sampling.top_p</c>.</param>
    public string Of(string field)
    {
        if (field is "prompt" or "input" || field.StartsWith(PromptIds, StringComparison.Ordinal))
        {
            return prompt + Index(field);
        }

        if (field.StartsWith("constraint", StringComparison.Ordinal) && constraint is not null)
        {
            return constraint;
        }

        string name = field[..(field.Length - Index(field).Length)];
        return (Others.GetValueOrDefault(name) ?? name[(name.IndexOf('.') + 1)..]) + Index(field);
    }

    private static string Index(string field) =>
        field.EndsWith(']') ? field[field.LastIndexOf('[')..] : "";
}
