using Google.Protobuf;
using Laser.Serve.Protocol.OpenInference;
using InputTensor = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferInputTensor;
using OutputTensor = Laser.Serve.Protocol.OpenInference.ModelInferResponse.Types.InferOutputTensor;
using RequestedOutput = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Laser.Serve.FunctionalTests.Compatibility;

/// <summary>Makes requests of the Open Inference Protocol and reads answers.</summary>
internal static class Infer
{
    public static ModelInferRequest Request(string prompt, int maxTokens, ulong seed, params string[] outputs) => new()
    {
        ModelName = "laser-tales-3m",
        Id = $"{prompt}/{seed}",
        Inputs =
        {
            Tensor("text_input", "BYTES", Texts(prompt)),
            Tensor("max_tokens", "INT32", new InferTensorContents { IntContents = { maxTokens } }),
            Tensor("temperature", "FP32", new InferTensorContents { Fp32Contents = { 1f } }),
            Tensor("random_seed", "UINT64", new InferTensorContents { Uint64Contents = { seed } }),
        },
        Outputs = { outputs.Select(name => new RequestedOutput { Name = name }) },
    };

    public static ModelInferRequest Streamed(this ModelInferRequest request)
    {
        request.Inputs.Add(Tensor("stream", "BOOL", new InferTensorContents { BoolContents = { true } }));
        return request;
    }

    public static InputTensor Tensor(string name, string datatype, InferTensorContents contents, params long[] shape) =>
        new() { Name = name, Datatype = datatype, Contents = contents, Shape = { shape.Length > 0 ? shape : [1] } };

    public static InferTensorContents Texts(params string[] texts) =>
        new() { BytesContents = { texts.Select(ByteString.CopyFromUtf8) } };

    public static string Text(this ModelInferResponse response) =>
        string.Concat(response.Output("text_output").Contents.BytesContents.Select(text => text.ToStringUtf8()));

    public static IEnumerable<uint> TokenIds(this ModelInferResponse response) =>
        response.Output("output_ids").Contents.IntContents.Select(id => (uint)id);

    public static OutputTensor Output(this ModelInferResponse response, string name) =>
        Assert.Single(response.Outputs, output => output.Name == name);
}
