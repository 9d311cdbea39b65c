using Google.Protobuf.Collections;
using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.Vllm;
using NativeRequest = Laser.Serve.V1.GenerateRequest;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>A request of <c>VllmEngine.Generate</c> as a native one.</summary>
internal sealed class VllmRequest
{
    private VllmRequest(NativeRequest native, FieldNames names, int promptTokenCount)
    {
        Native = native;
        Names = names;
        PromptTokenCount = promptTokenCount;
    }

    public NativeRequest Native { get; }

    /// <summary>The request's words for the native fields.</summary>
    public FieldNames Names { get; }

    /// <summary>Tokens of the prompt that the model gets.</summary>
    public int PromptTokenCount { get; }

    /// <summary>Translates.</summary>
    /// <param name="request">The request.</param>
    /// <param name="contextLength">Longest sequence, prompt and generated tokens together.</param>
    /// <param name="encode">Text to the tokens of a prompt.</param>
    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT or UNIMPLEMENTED: it asks for something that the native API cannot say.
    /// </exception>
    public static VllmRequest Translate(
        GenerateRequest request, int contextLength, Func<string, IReadOnlyList<int>> encode)
    {
        ThrowIfUnsupported(request);
        var parameters = request.SamplingParams ?? new SamplingParams();
        RepeatedField<uint> prompt = Prompt(request, encode);
        var native = new NativeRequest
        {
            RequestId = request.RequestId,
            PromptTokenIds = new V1.TokenIds { Ids = { prompt } },
            N = parameters.N == 0 ? 1 : parameters.N,
            Sampling = VllmSampling.Sampling(parameters),
            Stop = VllmSampling.Stop(parameters),
            Output = VllmSampling.Output(parameters),
            Constraint = VllmSampling.Constraint(parameters),
        };
        int promptTokenCount = prompt.Count;
        if (parameters.HasTruncatePromptTokens)
        {
            native.TruncatePromptTokens = Truncation(parameters.TruncatePromptTokens, contextLength);
            promptTokenCount = (int)Math.Min((uint)promptTokenCount, native.TruncatePromptTokens);
        }

        SetMaxTokens(native, parameters, contextLength - promptTokenCount);
        return new VllmRequest(native, VllmFieldNames.For(request), promptTokenCount);
    }

    private static void ThrowIfUnsupported(GenerateRequest request)
    {
        if (request.KvTransferParams is not null)
        {
            throw RpcErrors.Unsupported(
                "kv_transfer_params", "is not supported: caches are not handed from server to server");
        }

        if (request.HasKvTransferParamsJson)
        {
            throw RpcErrors.Unsupported(
                "kv_transfer_params_json", "is not supported: caches are not handed from server to server");
        }

        if (request.MmInputs is not null)
        {
            throw RpcErrors.Unsupported("mm_inputs", "is not supported: the models served here read text only");
        }

        if (request is { HasDataParallelRank: true, DataParallelRank: not 0 })
        {
            throw RpcErrors.InvalidArgument(
                "data_parallel_rank", $"is {request.DataParallelRank}; there is one engine, of rank 0");
        }
    }

    // The text becomes tokens here and not in the native mapper: how many there are decides the limit below.
    private static RepeatedField<uint> Prompt(GenerateRequest request, Func<string, IReadOnlyList<int>> encode) =>
        request.InputCase switch
        {
            GenerateRequest.InputOneofCase.Text => [.. encode(request.Text).Select(id => (uint)id)],
            GenerateRequest.InputOneofCase.Tokenized => request.Tokenized.InputIds,
            _ => throw RpcErrors.InvalidArgument("input", "is missing: set text or tokenized"),
        };

    private static uint Truncation(int tokens, int contextLength) => tokens switch
    {
        -1 => (uint)(contextLength - 1), // one token less than fit, so that there can be an answer
        >= 0 => (uint)tokens,
        _ => throw RpcErrors.InvalidArgument(
            "sampling_params.truncate_prompt_tokens", $"is {tokens}; it must be 1 or more, or -1 for what fits"),
    };

    // vLLM generates until the context is full where nothing is said, and stops there where more is asked for. With
    // no room at all the native mapper speaks of the prompt.
    private static void SetMaxTokens(NativeRequest native, SamplingParams parameters, int room)
    {
        if (room > 0)
        {
            native.MaxTokens = parameters.HasMaxTokens ? Math.Min(parameters.MaxTokens, (uint)room) : (uint)room;
        }
    }
}
