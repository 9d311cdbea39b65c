using Google.Protobuf;
using Laser.Serve.Protocol.OpenInference;
using InputTensor = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace Laser.Serve.Tests.Compatibility;

/// <summary>Requests of the Open Inference Protocol.</summary>
internal static class InferRequests
{
    public static ModelInferRequest Text(string prompt = "p") =>
        new() { Inputs = { Tensor("text_input", "BYTES", Bytes(prompt)) } };

    public static InputTensor Tensor(string name, string datatype, InferTensorContents contents, params long[] shape) =>
        new() { Name = name, Datatype = datatype, Contents = contents, Shape = { shape.Length > 0 ? shape : [1] } };

    public static InferTensorContents Bytes(params string[] texts) =>
        new() { BytesContents = { texts.Select(ByteString.CopyFromUtf8) } };

    public static InferTensorContents Ints(params int[] values) => new() { IntContents = { values } };

    public static InferTensorContents Floats(params float[] values) => new() { Fp32Contents = { values } };

    public static InferTensorContents Flag(bool value) => new() { BoolContents = { value } };
}
