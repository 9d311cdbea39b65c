using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.OpenInference;
using InputTensor = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>A unary call of the Open Inference Protocol.</summary>
internal sealed class OpenInferenceCall(GrpcChannel channel, SoakPlan plan)
{
    private const string Model = "laser-tales-3m";

    /// <summary>Runs to its end. The answer says how it ended, and what is wrong with that.</summary>
    public async Task<(string End, string? Violation)> RunAsync(CancellationToken limit)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(limit);
        if (plan.Departure == Departure.Cancels)
        {
            leaving.CancelAfter(plan.LeavesAfter);
        }

        try
        {
            ModelInferResponse response = await new GRPCInferenceService.GRPCInferenceServiceClient(channel)
                .ModelInferAsync(Request(), cancellationToken: leaving.Token);
            return ("OK", response.Outputs.Any(output => output.Name == "text_output") ? null : "has no text");
        }
        catch (RpcException e)
        {
            limit.ThrowIfCancellationRequested();
            string reason = NativeCall.ReasonOf(e);
            bool isExpected = NativeCall.IsOverload(e.StatusCode, reason)
                || (plan.Departure == Departure.Cancels && e.StatusCode == StatusCode.Cancelled);
            return ($"{e.StatusCode} {reason}".Trim(), isExpected ? null : e.Status.Detail);
        }
    }

    private ModelInferRequest Request() => new()
    {
        ModelName = Model,
        Inputs =
        {
            Tensor("text_input", "BYTES", new InferTensorContents
            {
                BytesContents = { ByteString.CopyFromUtf8(plan.Request.Prompt) },
            }),
            Tensor("max_tokens", "INT32", new InferTensorContents { IntContents = { (int)plan.Request.MaxTokens } }),
            Tensor("random_seed", "UINT64", new InferTensorContents { Uint64Contents = { plan.Request.Sampling.Seed } }),
        },
    };

    private static InputTensor Tensor(string name, string datatype, InferTensorContents contents) =>
        new() { Name = name, Datatype = datatype, Contents = contents, Shape = { 1 } };
}
