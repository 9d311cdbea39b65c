using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.Protocol.OpenInference;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>Elements in the fields of <see cref="InferTensorContents"/>.</summary>
internal static class TypedElements
{
    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT: another count or another field than type and shape say.
    /// </exception>
    public static Array Read(string path, string datatype, InferTensorContents contents, long count)
    {
        (string field, Array elements) = datatype switch
        {
            "BOOL" => ("bool_contents", (Array)contents.BoolContents.ToArray()),
            "INT8" or "INT16" or "INT32" => ("int_contents", Integers(contents.IntContents)),
            "INT64" => ("int64_contents", Integers(contents.Int64Contents)),
            "UINT8" or "UINT16" or "UINT32" => ("uint_contents", Integers(contents.UintContents)),
            "UINT64" => ("uint64_contents", Integers(contents.Uint64Contents)),
            "FP32" => ("fp32_contents", contents.Fp32Contents.Select(value => (double)value).ToArray()),
            "FP64" => ("fp64_contents", contents.Fp64Contents.ToArray()),
            "BYTES" => ("bytes_contents", Texts(path, contents.BytesContents)),
            _ => throw UnknownType(path, datatype),
        };
        return elements.Length == count
            ? elements
            : throw RpcErrors.InvalidArgument(
                $"{path}.contents",
                $"has {elements.Length} elements in {field}; type {datatype} and the shape say {count}");
    }

    public static RpcException UnknownType(string path, string datatype) => RpcErrors.InvalidArgument(
        $"{path}.datatype",
        $"is '{datatype}'; it must be BOOL, BYTES, FP32, FP64, INT8 to INT64 or UINT8 to UINT64");

    private static Int128[] Integers<T>(IEnumerable<T> values)
        where T : System.Numerics.IBinaryInteger<T> =>
        [.. values.Select(Int128.CreateChecked)];

    private static string[] Texts(string path, IEnumerable<ByteString> values) =>
        [.. values.Select(value => InferTensors.Text(path, value))];
}
