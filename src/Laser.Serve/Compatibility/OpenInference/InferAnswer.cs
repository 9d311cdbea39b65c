using System.Buffers.Binary;
using Google.Protobuf;
using Laser.Serve.Protocol.OpenInference;
using OutputTensor = Laser.Serve.Protocol.OpenInference.ModelInferResponse.Types.InferOutputTensor;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>Makes the answers to one request.</summary>
/// <param name="call">The request.</param>
/// <param name="model">Name of the model.</param>
internal sealed class InferAnswer(InferCall call, string model)
{
    private const string FinalParameter = "triton_final_response";

    /// <summary>The only answer.</summary>
    public ModelInferResponse Whole(InferPiece piece)
    {
        ModelInferResponse response = Empty();
        foreach (InferOutput output in call.Outputs)
        {
            Add(response, output, output.Values(piece));
        }

        return response;
    }

    /// <summary>The answers of a stream that a piece becomes: one, or two where an empty one ends the stream.</summary>
    public IEnumerable<ModelInferResponse> Streamed(InferPiece piece)
    {
        bool isLast = piece.Finish is not null;
        yield return WithFinal(Whole(piece), isLast && !call.WantsEmptyFinal);
        if (isLast && call.WantsEmptyFinal)
        {
            yield return WithFinal(Empty(), isFinal: true);
        }
    }

    private ModelInferResponse Empty() =>
        new() { ModelName = model, ModelVersion = InferCall.ModelVersion, Id = call.Id };

    private static ModelInferResponse WithFinal(ModelInferResponse response, bool isFinal)
    {
        response.Parameters.Add(FinalParameter, new InferParameter { BoolParam = isFinal });
        return response;
    }

    private void Add(ModelInferResponse response, InferOutput output, Array values)
    {
        var tensor = new OutputTensor { Name = output.Name, Datatype = output.Datatype, Shape = { values.Length } };
        response.Outputs.Add(tensor);
        if (call.UsesRawContents)
        {
            response.RawOutputContents.Add(Raw(values));
        }
        else
        {
            tensor.Contents = Typed(values);
        }
    }

    private static InferTensorContents Typed(Array values) => values switch
    {
        string[] texts => new InferTensorContents { BytesContents = { texts.Select(ByteString.CopyFromUtf8) } },
        int[] numbers => new InferTensorContents { IntContents = { numbers } },
        ulong[] numbers => new InferTensorContents { Uint64Contents = { numbers } },
        float[] numbers => new InferTensorContents { Fp32Contents = { numbers } },
        _ => throw new ArgumentException($"No output has elements of {values.GetType()}.", nameof(values)),
    };

    private static ByteString Raw(Array values) => values switch
    {
        string[] texts => RawElements.Write([.. texts.Select(ByteString.CopyFromUtf8)]),
        int[] numbers => Raw(numbers, sizeof(int), BinaryPrimitives.WriteInt32LittleEndian),
        ulong[] numbers => Raw(numbers, sizeof(ulong), BinaryPrimitives.WriteUInt64LittleEndian),
        float[] numbers => Raw(numbers, sizeof(float), BinaryPrimitives.WriteSingleLittleEndian),
        _ => throw new ArgumentException($"No output has elements of {values.GetType()}.", nameof(values)),
    };

    private delegate void ElementWriter<in T>(Span<byte> bytes, T value);

    private static ByteString Raw<T>(T[] values, int size, ElementWriter<T> write)
    {
        byte[] raw = new byte[values.Length * size];
        for (int i = 0; i < values.Length; i++)
        {
            write(raw.AsSpan(i * size, size), values[i]);
        }

        return UnsafeByteOperations.UnsafeWrap(raw);
    }
}
