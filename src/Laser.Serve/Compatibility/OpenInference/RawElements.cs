using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>
/// Elements as raw bytes: little-endian, one after another; in front of each element of BYTES its length in 4 bytes.
/// </summary>
internal static class RawElements
{
    private const int LengthBytes = sizeof(uint);

    /// <exception cref="RpcException">INVALID_ARGUMENT: more or fewer bytes than type and shape say.</exception>
    public static Array Read(string path, string datatype, ByteString raw, long count) => datatype switch
    {
        "BOOL" => Fixed(path, raw, count, 1, bytes => bytes[0] != 0),
        "INT8" => Integers<sbyte>(path, raw, count, sizeof(sbyte), isUnsigned: false),
        "INT16" => Integers<short>(path, raw, count, sizeof(short), isUnsigned: false),
        "INT32" => Integers<int>(path, raw, count, sizeof(int), isUnsigned: false),
        "INT64" => Integers<long>(path, raw, count, sizeof(long), isUnsigned: false),
        "UINT8" => Integers<byte>(path, raw, count, sizeof(byte), isUnsigned: true),
        "UINT16" => Integers<ushort>(path, raw, count, sizeof(ushort), isUnsigned: true),
        "UINT32" => Integers<uint>(path, raw, count, sizeof(uint), isUnsigned: true),
        "UINT64" => Integers<ulong>(path, raw, count, sizeof(ulong), isUnsigned: true),
        "FP32" => Fixed(
            path, raw, count, sizeof(float), bytes => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes)),
        "FP64" => Fixed(path, raw, count, sizeof(double), BinaryPrimitives.ReadDoubleLittleEndian),
        "BYTES" => Texts(path, raw, count),
        _ => throw TypedElements.UnknownType(path, datatype),
    };

    /// <summary>Elements of BYTES as raw bytes.</summary>
    public static ByteString Write(IReadOnlyList<ByteString> elements)
    {
        byte[] raw = new byte[elements.Sum(element => LengthBytes + element.Length)];
        Span<byte> rest = raw;
        foreach (ByteString element in elements)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)element.Length);
            element.Span.CopyTo(rest[LengthBytes..]);
            rest = rest[(LengthBytes + element.Length)..];
        }

        return UnsafeByteOperations.UnsafeWrap(raw);
    }

    private delegate T ElementReader<out T>(ReadOnlySpan<byte> bytes);

    private static Int128[] Integers<T>(string path, ByteString raw, long count, int size, bool isUnsigned)
        where T : IBinaryInteger<T> =>
        Fixed(path, raw, count, size, bytes => Int128.CreateChecked(T.ReadLittleEndian(bytes, isUnsigned)));

    private static T[] Fixed<T>(string path, ByteString raw, long count, int size, ElementReader<T> read)
    {
        if (raw.Length != count * size)
        {
            throw RpcErrors.InvalidArgument(
                path, $"has {raw.Length} bytes in raw_input_contents; type and shape say {count * size}");
        }

        var elements = new T[count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = read(raw.Span.Slice(i * size, size));
        }

        return elements;
    }

    private static string[] Texts(string path, ByteString raw, long count)
    {
        List<string> texts = [];
        for (int at = 0; at < raw.Length;)
        {
            uint length = raw.Length - at >= LengthBytes
                ? BinaryPrimitives.ReadUInt32LittleEndian(raw.Span[at..])
                : uint.MaxValue;
            at += LengthBytes;
            if (length > raw.Length - at)
            {
                throw RpcErrors.InvalidArgument(
                    path, "has raw_input_contents that end inside an element; each has its length in 4 bytes in front");
            }

            texts.Add(InferTensors.Text(path, ByteString.CopyFrom(raw.Span.Slice(at, (int)length))));
            at += (int)length;
        }

        return texts.Count == count
            ? [.. texts]
            : throw RpcErrors.InvalidArgument(
                path, $"has {texts.Count} elements in raw_input_contents; the shape says {count}");
    }
}
