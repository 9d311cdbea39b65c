using Laser.Serve.Protocol.Vllm;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>Native fields and what <c>VllmEngine</c> calls them.</summary>
internal static class VllmFieldNames
{
    private static readonly (string Native, string Vllm)[] Table =
    [
        ("request_id", "request_id"),
        ("max_tokens", "sampling_params.max_tokens"),
        ("n", "sampling_params.n"),
        ("truncate_prompt_tokens", "sampling_params.truncate_prompt_tokens"),
        ("sampling", "sampling_params"),
        ("stop.strings", "sampling_params.stop"),
        ("stop.token_ids", "sampling_params.stop_token_ids"),
        ("stop.include_stop", "sampling_params.include_stop_str_in_output"),
        ("stop", "sampling_params"),
        ("output", "sampling_params"),
        ("constraint.choice.texts", "sampling_params.choice.choices"),
        ("constraint", "sampling_params"),
    ];

    public static FieldNames For(GenerateRequest request)
    {
        var names = new FieldNames();
        foreach ((string native, string vllm) in Table)
        {
            names.Add(native, vllm);
        }

        string prompt = request.InputCase == GenerateRequest.InputOneofCase.Text ? "text" : "tokenized.input_ids";
        names.Add("prompt", prompt);
        names.Add("prompt_token_ids", prompt);
        names.Add("prompt_token_ids.ids", prompt);
        if (request.SamplingParams is { HasJsonObject: true })
        {
            names.Add("constraint.json_schema", "sampling_params.json_object");
        }

        return names;
    }
}
