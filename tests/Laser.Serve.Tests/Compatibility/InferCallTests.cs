using Grpc.Core;
using Laser.Serve.Compatibility.OpenInference;
using Laser.Serve.Protocol.OpenInference;
using Laser.Serve.V1;
using static Laser.Serve.Tests.Compatibility.InferRequests;
using RequestedOutput = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Laser.Serve.Tests.Compatibility;

/// <summary>Requests of the Open Inference Protocol as native ones.</summary>
public class InferCallTests
{
    [Fact]
    public void Read_EveryTensor_IsTheNativeFieldItIsMeantFor()
    {
        ModelInferRequest request = Text("prompt");
        request.ModelName = "m";
        request.Id = "id";
        request.Inputs.Add(
        [
            Tensor("max_tokens", "INT32", Ints(5), 1, 1),
            Tensor("temperature", "FP32", Floats(0.5f)),
            Tensor("top_k", "UINT32", new InferTensorContents { UintContents = { 6 } }),
            Tensor("top_p", "FP64", new InferTensorContents { Fp64Contents = { 0.25 } }),
            Tensor("min_p", "FP32", Floats(0.125f)),
            Tensor("typical_p", "FP32", Floats(0.75f)),
            Tensor("random_seed", "UINT64", new InferTensorContents { Uint64Contents = { ulong.MaxValue } }),
            Tensor("repetition_penalty", "FP32", Floats(1.5f)),
            Tensor("presence_penalty", "FP32", Floats(-1)),
            Tensor("frequency_penalty", "INT8", Ints(-2)),
            Tensor("stop_words", "BYTES", Bytes("a", "b"), 1, 2),
            Tensor("stop_token_ids", "INT32", Ints(7, 8), 2),
            Tensor("min_tokens", "INT32", Ints(2)),
            Tensor("ignore_eos", "BOOL", Flag(true)),
            Tensor("include_stop", "BOOL", Flag(true)),
            Tensor("skip_special_tokens", "BOOL", Flag(false)),
            Tensor("exclude_input_in_output", "BOOL", Flag(false)),
            Tensor("time_limit_ms", "INT32", Ints(900)),
            Tensor("stream", "BOOL", Flag(true)),
        ]);

        InferCall call = InferCall.Read(request);

        Assert.Equal(
            new GenerateRequest
            {
                Model = "m",
                RequestId = "id",
                Prompt = "prompt",
                MaxTokens = 5,
                TimeLimitMs = 900,
                Sampling = new SamplingParams
                {
                    Temperature = 0.5f,
                    TopK = 6,
                    TopP = 0.25f,
                    MinP = 0.125f,
                    TypicalP = 0.75f,
                    Seed = ulong.MaxValue,
                    RepetitionPenalty = 1.5f,
                    PresencePenalty = -1,
                    FrequencyPenalty = -2,
                },
                Stop = new StopParams
                {
                    Strings = { "a", "b" },
                    TokenIds = { 7, 8 },
                    MinTokens = 2,
                    IgnoreEos = true,
                    IncludeStop = true,
                },
                Output = new OutputParams { Text = true, TokenIds = false, SkipSpecialTokens = false, Echo = true },
            },
            call.Native);
        Assert.True(call.WantsStream);
        Assert.Equal(
            InferFields.All.Where(field => field.IsTensor).Select(field => field.Name).Order(),
            request.Inputs.Select(tensor => tensor.Name).Append("input_ids").Order());
    }

    [Fact]
    public void Read_Nothing_LeavesTheDefaultsToTheModel()
    {
        InferCall call = InferCall.Read(Text());

        Assert.Equal(new SamplingParams(), call.Native.Sampling);
        Assert.False(call.Native.HasMaxTokens || call.WantsStream || call.WantsEmptyFinal || call.UsesRawContents);
    }

    [Fact]
    public void Read_Outputs_AskForNoMoreThanTheyNeed()
    {
        ModelInferRequest request = Text();
        request.Outputs.Add(new RequestedOutput { Name = "output_ids" });
        request.Outputs.Add(new RequestedOutput { Name = "output_log_probs" });

        InferCall call = InferCall.Read(request);

        Assert.Equal(new OutputParams { Text = false, TokenIds = true, Logprobs = 0 }, call.Native.Output);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("stop_words")]
    public void Read_StopAsParameter_IsOneString(string name)
    {
        ModelInferRequest request = Text();
        request.Parameters[name] = new InferParameter { StringParam = "\n" };

        Assert.Equal(["\n"], InferCall.Read(request).Native.Stop.Strings);
    }

    [Theory]
    [InlineData("INT32")]
    [InlineData("INT64")]
    public void Read_InputIds_InAnyIntegerTypeAreTaken(string datatype)
    {
        InferTensorContents contents = datatype == "INT32"
            ? Ints(1, 2, 3)
            : new InferTensorContents { Int64Contents = { 1, 2, 3 } };
        var request = new ModelInferRequest { Inputs = { Tensor("input_ids", datatype, contents, 1, 3) } };

        Assert.Equal([1u, 2u, 3u], InferCall.Read(request).Native.PromptTokenIds.Ids);
    }

    public static TheoryData<string, Action<ModelInferRequest>, string> BadRequests => new()
    {
        { "no prompt", r => r.Inputs.Clear(), "inputs has neither" },
        { "two prompts", r => r.Inputs.Add(Tensor("input_ids", "INT32", Ints(1))), "inputs has both" },
        { "unknown tensor", r => r.Inputs.Add(Tensor("x", "INT32", Ints(1))), "inputs[x] is not known" },
        { "nameless tensor", r => r.Inputs.Add(Tensor("", "INT32", Ints(1))), "inputs[1] is not known" },
        {
            "unknown parameter",
            r => r.Parameters["x"] = new InferParameter { BoolParam = true },
            "parameters[x] is not known"
        },
        { "empty parameter", r => r.Parameters["top_k"] = new InferParameter(), "parameters[top_k] has no value" },
        {
            "tensor as parameter",
            r => r.Parameters["text_input"] = new InferParameter { StringParam = "p" },
            "parameters[text_input] is not known"
        },
        {
            "parameter as tensor",
            r => r.Inputs.Add(Tensor("triton_enable_empty_final_response", "BOOL", Flag(true))),
            "inputs[triton_enable_empty_final_response] is not known"
        },
        {
            "given twice",
            r =>
            {
                r.Inputs.Add(Tensor("random_seed", "INT32", Ints(1)));
                r.Parameters["seed"] = new InferParameter { Int64Param = 1 };
            },
            "parameters[seed] is given twice"
        },
        { "type", r => r.Inputs.Add(Tensor("max_tokens", "FP32", Floats(1))), "inputs[max_tokens] is of type FP32" },
        { "unknown type", r => r.Inputs.Add(Tensor("top_p", "FP16", Floats(1))), "inputs[top_p].datatype is 'FP16'" },
        {
            "type of a parameter",
            r => r.Parameters["temperature"] = new InferParameter { StringParam = "1" },
            "parameters[temperature] is of type BYTES"
        },
        {
            "negative",
            r => r.Inputs.Add(Tensor("max_tokens", "INT32", Ints(-1))),
            "inputs[max_tokens] has the value -1"
        },
        {
            "too large",
            r => r.Parameters["max_tokens"] = new InferParameter { Int64Param = 1L << 32 },
            "parameters[max_tokens] has the value 4294967296"
        },
        {
            "batch",
            r => r.Inputs[0] = Tensor("text_input", "BYTES", Bytes("a", "b"), 2, 1),
            "inputs[text_input] has shape [2,1]"
        },
        {
            "batch of ids",
            r => r.Inputs[0] = Tensor("input_ids", "INT32", Ints(1, 2), 2, 1),
            "inputs[input_ids] has shape [2,1]"
        },
        { "rank", r => r.Inputs[0] = Tensor("text_input", "BYTES", Bytes("a"), 1, 1, 1), "has shape [1,1,1]" },
        {
            "no elements",
            r => r.Inputs[0].Contents = null,
            "inputs[text_input].contents has 0 elements in bytes_contents"
        },
        {
            "elements in another field",
            r => r.Inputs.Add(Tensor("max_tokens", "INT64", Ints(1))),
            "inputs[max_tokens].contents has 0 elements in int64_contents"
        },
        {
            "shape",
            r => r.Inputs[0] = Tensor("text_input", "BYTES", Bytes("a"), -1),
            "inputs[text_input].shape is [-1]"
        },
        {
            "huge shape",
            r => r.Inputs[0] = Tensor("text_input", "BYTES", Bytes("a"), long.MaxValue, long.MaxValue),
            "inputs[text_input].shape is ["
        },
        {
            "tensor parameter",
            r => r.Inputs[0].Parameters["shared_memory_region"] = new InferParameter { StringParam = "s" },
            "inputs[text_input].parameters[shared_memory_region] is not known"
        },
        {
            "unknown output",
            r => r.Outputs.Add(new RequestedOutput { Name = "x" }),
            "outputs[x] is not known; there are text_output"
        },
        {
            "output parameter",
            r => r.Outputs.Add(new RequestedOutput
            {
                Name = "text_output",
                Parameters = { ["classification"] = new InferParameter { Int64Param = 1 } },
            }),
            "outputs[text_output].parameters[classification] is not known"
        },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public void Read_BadRequest_IsRefusedNamingThePlace(string what, Action<ModelInferRequest> spoil, string message)
    {
        ModelInferRequest request = Text();
        spoil(request);

        RpcException e = Assert.Throws<RpcException>(() => InferCall.Read(request));

        Assert.True(e.StatusCode == StatusCode.InvalidArgument, $"{what}: {e.Status}");
        Assert.Contains(message, e.Status.Detail);
    }

    [Fact]
    public void Read_Names_AreThoseTheRequestUsed()
    {
        ModelInferRequest request = Text();
        request.Inputs.Add(Tensor("stop", "BYTES", Bytes("a")));
        request.Parameters["seed"] = new InferParameter { Int64Param = 1 };

        InferCall call = InferCall.Read(request);

        Assert.Equal("inputs[stop][0]", call.Names.Translate("stop.strings[0]"));
        Assert.Equal("parameters[seed]", call.Names.Translate("sampling.seed"));
        Assert.Equal("inputs[text_input]", call.Names.Translate("prompt"));
        Assert.Equal("id", call.Names.Translate("request_id"));
    }
}
