using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.V1;
using RequestedOutput = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>
/// Everything an answer can carry. What is known at the end of the text only has no elements in answers before that.
/// </summary>
internal static class InferOutputs
{
    public static InferOutput Text { get; } = new("text_output", "BYTES", 1, piece => new[] { piece.Text });

    public static InferOutput TokenIds { get; } =
        new("output_ids", "INT32", -1, piece => piece.TokenIds.Select(id => (int)id).ToArray());

    public static InferOutput Logprobs { get; } =
        new("output_log_probs", "FP32", -1, piece => piece.Logprobs.Select(token => token.Logprob).ToArray());

    public static IReadOnlyList<InferOutput> All { get; } =
    [
        Text,
        TokenIds,
        Logprobs,
        AtEnd("finish_reason", "BYTES", finish => Reason(finish.Reason)),
        AtEnd("prompt_tokens", "INT32", finish => (int)finish.Usage.PromptTokens),
        AtEnd("generated_tokens", "INT32", finish => (int)finish.Usage.GeneratedTokens),
        AtEnd("cached_tokens", "INT32", finish => (int)finish.Usage.CachedTokens),
        AtEnd("seed", "UINT64", finish => finish.Seed),
    ];

    /// <summary>The output that is asked for.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: there is none of that name, or it asks for more.</exception>
    public static InferOutput Find(RequestedOutput requested)
    {
        string path = $"outputs[{requested.Name}]";
        if (requested.Parameters.Count > 0)
        {
            throw RpcErrors.InvalidArgument($"{path}.parameters[{requested.Parameters.Keys.First()}]", "is not known");
        }

        return All.FirstOrDefault(output => output.Name == requested.Name)
            ?? throw RpcErrors.InvalidArgument(
                path, $"is not known; there are {string.Join(", ", All.Select(output => output.Name))}");
    }

    private static InferOutput AtEnd<T>(string name, string datatype, Func<Finish, T> value) =>
        new(name, datatype, 1, piece => piece.Finish is { } finish ? new[] { value(finish) } : Array.Empty<T>());

    private static string Reason(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.TimeLimit => "time_limit",
        _ => "",
    };
}
