using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.Vllm;
using NativeConstraint = Laser.Serve.V1.Constraint;
using NativeSampling = Laser.Serve.V1.SamplingParams;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>
/// Sampling parameters of vLLM as native ones. All native fields are set: what a request leaves out has vLLM's default
/// and not the checkpoint's, for a gateway that wants the latter asks for it with <c>GetModelInfo</c>.
/// </summary>
internal static class VllmSampling
{
    private const string AnyObject = """{"type":"object"}""";

    public static NativeSampling Sampling(SamplingParams parameters)
    {
        var sampling = new NativeSampling
        {
            Temperature = parameters.HasTemperature ? parameters.Temperature : 1f,
            TopP = parameters.TopP == 0f ? 1f : parameters.TopP,
            TopK = parameters.TopK,
            MinP = parameters.MinP,
            TypicalP = 1f,
            FrequencyPenalty = parameters.FrequencyPenalty,
            PresencePenalty = parameters.PresencePenalty,
            RepetitionPenalty = parameters.RepetitionPenalty == 0f ? 1f : parameters.RepetitionPenalty,
        };
        if (parameters is { HasSeed: true, Seed: not -1 })
        {
            sampling.Seed = unchecked((ulong)parameters.Seed);
        }

        foreach ((int id, float bias) in parameters.LogitBias)
        {
            if (id < 0)
            {
                throw RpcErrors.InvalidArgument($"sampling_params.logit_bias[{id}]", "is no token id");
            }

            sampling.LogitBias.Add((uint)id, bias);
        }

        return sampling;
    }

    public static V1.StopParams Stop(SamplingParams parameters) => new()
    {
        Strings = { parameters.Stop },
        TokenIds = { parameters.StopTokenIds },
        IncludeStop = parameters.IncludeStopStrInOutput,
        MinTokens = parameters.MinTokens,
        IgnoreEos = parameters.IgnoreEos,
    };

    public static V1.OutputParams Output(SamplingParams parameters)
    {
        var output = new V1.OutputParams
        {
            Text = false,
            TokenIds = true,
            SkipSpecialTokens = parameters.SkipSpecialTokens,
        };
        if (parameters.HasLogprobs)
        {
            output.Logprobs = Count("sampling_params.logprobs", parameters.Logprobs);
        }

        if (parameters.HasPromptLogprobs)
        {
            output.PromptLogprobs = Count("sampling_params.prompt_logprobs", parameters.PromptLogprobs);
            output.Echo = true; // the first token has no log-probability, but its id belongs into the answer
        }

        return output;
    }

    /// <exception cref="RpcException">UNIMPLEMENTED for grammars and structural tags.</exception>
    public static NativeConstraint? Constraint(SamplingParams parameters) => parameters.ConstraintCase switch
    {
        SamplingParams.ConstraintOneofCase.JsonSchema => new NativeConstraint { JsonSchema = parameters.JsonSchema },
        SamplingParams.ConstraintOneofCase.Regex => new NativeConstraint { Regex = parameters.Regex },
        SamplingParams.ConstraintOneofCase.JsonObject =>
            parameters.JsonObject ? new NativeConstraint { JsonSchema = AnyObject } : null,
        SamplingParams.ConstraintOneofCase.Choice => new NativeConstraint
        {
            Choice = new V1.Choices { Texts = { parameters.Choice.Choices } },
        },
        SamplingParams.ConstraintOneofCase.Grammar => throw RpcErrors.Unsupported(
            "sampling_params.grammar", "is not supported; json_schema, json_object, regex and choice are"),
        SamplingParams.ConstraintOneofCase.StructuralTag => throw RpcErrors.Unsupported(
            "sampling_params.structural_tag", "is not supported; json_schema, json_object, regex and choice are"),
        _ => null,
    };

    private static uint Count(string field, int value) => value >= 0
        ? (uint)value
        : throw RpcErrors.InvalidArgument(
            field, $"is {value}; it must be 0 or more, the whole vocabulary cannot be asked for");
}
