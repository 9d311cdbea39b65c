using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.OpenInference;
using InputTensor = Laser.Serve.Protocol.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>Reads the tensors of a request, raw or typed.</summary>
internal static class InferTensors
{
    /// <summary>The tensors in their order.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: contents, type and shape do not fit together.</exception>
    public static IEnumerable<(string Name, InferValue Value)> Read(ModelInferRequest request)
    {
        bool isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw RpcErrors.InvalidArgument(
                "raw_input_contents",
                $"has {request.RawInputContents.Count} entries; there are {request.Inputs.Count} inputs");
        }

        for (int i = 0; i < request.Inputs.Count; i++)
        {
            InputTensor tensor = request.Inputs[i];
            string path = $"inputs[{(tensor.Name.Length > 0 ? tensor.Name : i)}]";
            ThrowIfHasParameters(path, tensor);
            if (isRaw && tensor.Contents is not null)
            {
                throw RpcErrors.InvalidArgument($"{path}.contents", "is set, and raw_input_contents is, too");
            }

            long count = ElementCount(path, tensor);
            Array elements = isRaw
                ? RawElements.Read(path, tensor.Datatype, request.RawInputContents[i], count)
                : TypedElements.Read(path, tensor.Datatype, tensor.Contents ?? new InferTensorContents(), count);
            yield return (tensor.Name, new InferValue(path, tensor.Datatype, tensor.Shape, elements));
        }
    }

    /// <summary>The text of an element of BYTES.</summary>
    public static string Text(string path, ByteString bytes)
    {
        try
        {
            return Utf8.GetString(bytes.Span);
        }
        catch (System.Text.DecoderFallbackException)
        {
            throw RpcErrors.InvalidArgument(path, "has an element that is not UTF-8");
        }
    }

    private static System.Text.UTF8Encoding Utf8 { get; } =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static void ThrowIfHasParameters(string path, InputTensor tensor)
    {
        if (tensor.Parameters.Count > 0)
        {
            throw RpcErrors.InvalidArgument(
                $"{path}.parameters[{tensor.Parameters.Keys.First()}]",
                "is not known; contents come with the request, not through shared memory");
        }
    }

    private static long ElementCount(string path, InputTensor tensor)
    {
        long count = 1;
        foreach (long size in tensor.Shape)
        {
            if (size < 0 || (count *= Math.Min(size, int.MaxValue)) > int.MaxValue)
            {
                throw RpcErrors.InvalidArgument(
                    $"{path}.shape", $"is [{string.Join(',', tensor.Shape)}], which no tensor of a request can have");
            }
        }

        return count;
    }
}
