using Laser.Serve.Compatibility.OpenInference;
using Laser.Serve.Protocol.OpenInference;
using Laser.Serve.V1;
using static Laser.Serve.Tests.Compatibility.InferRequests;
using RequestedOutput = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Laser.Serve.Tests.Compatibility;

/// <summary>Native answers as those of the Open Inference Protocol.</summary>
public class InferAnswerTests
{
    private static readonly Finish End = new()
    {
        Reason = FinishReason.TimeLimit,
        Seed = 9,
        Usage = new Usage { PromptTokens = 3, GeneratedTokens = 2, CachedTokens = 1 },
    };

    [Fact]
    public void Whole_EveryOutput_HasItsValue()
    {
        InferPiece piece = InferPiece.From(new GenerateOnceResponse
        {
            Sequences =
            {
                new GeneratedSequence
                {
                    Text = "text",
                    TokenIds = { 4, 5 },
                    Logprobs = { new TokenLogprob { Logprob = -1 }, new TokenLogprob { Logprob = -2 } },
                    Finish = End,
                },
            },
            Prompt = new PromptInfo { Text = "prompt " },
        });

        ModelInferResponse response = Answer([.. InferOutputs.All.Select(output => output.Name)]).Whole(piece);

        Assert.Equal(
            [
                ("text_output", "BYTES", "prompt text"), ("output_ids", "INT32", "4,5"),
                ("output_log_probs", "FP32", "-1,-2"), ("finish_reason", "BYTES", "time_limit"),
                ("prompt_tokens", "INT32", "3"), ("generated_tokens", "INT32", "2"), ("cached_tokens", "INT32", "1"),
                ("seed", "UINT64", "9"),
            ],
            response.Outputs.Select(tensor => (tensor.Name, tensor.Datatype, Elements(tensor.Contents))));
        Assert.Equal([1L, 2, 2, 1, 1, 1, 1, 1], response.Outputs.Select(tensor => tensor.Shape.Single()));
        Assert.Empty(response.Parameters);
    }

    [Fact]
    public void Streamed_BeforeTheEnd_HasNoElementsForWhatIsKnownThen()
    {
        InferAnswer answer = Answer("finish_reason", "seed");

        ModelInferResponse before = answer.Streamed(InferPiece.From(new GenerateResponse { Text = "a" })).Single();
        ModelInferResponse last = answer.Streamed(InferPiece.From(new GenerateResponse { Finish = End })).Single();

        Assert.Equal([0L, 0], before.Outputs.Select(tensor => tensor.Shape.Single()));
        Assert.False(before.Parameters["triton_final_response"].BoolParam);
        Assert.Equal([1L, 1], last.Outputs.Select(tensor => tensor.Shape.Single()));
        Assert.True(last.Parameters["triton_final_response"].BoolParam);
    }

    private static InferAnswer Answer(params string[] outputs)
    {
        ModelInferRequest request = Text();
        request.Outputs.Add(outputs.Select(name => new RequestedOutput { Name = name }));
        return new InferAnswer(InferCall.Read(request), "m");
    }

    private static string Elements(InferTensorContents contents) => string.Join(
        ',',
        [
            .. contents.BytesContents.Select(bytes => bytes.ToStringUtf8()),
            .. contents.IntContents.Select(value => $"{value}"),
            .. contents.Uint64Contents.Select(value => $"{value}"),
            .. contents.Fp32Contents.Select(value => $"{value}"),
        ]);
}
