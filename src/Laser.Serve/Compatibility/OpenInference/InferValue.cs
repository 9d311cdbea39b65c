using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>What a tensor or a parameter of a request says.</summary>
/// <param name="path">Where it is in the request.</param>
/// <param name="datatype">The protocol's name of its type.</param>
/// <param name="shape">Its shape; [1] for a parameter.</param>
/// <param name="elements">
/// Its elements: <see cref="Int128"/> of any integer type, double of any floating-point type, bool, or string.
/// </param>
internal sealed class InferValue(string path, string datatype, IReadOnlyList<long> shape, Array elements)
{
    private const string TextType = "type BYTES";
    private const string FlagType = "type BOOL";
    private const string IntegerType = "an integer type";

    /// <summary>Where it is in the request.</summary>
    public string Path => path;

    /// <exception cref="RpcException">INVALID_ARGUMENT, as of every other member.</exception>
    public string Text() => Single<string>(TextType);

    public IReadOnlyList<string> Texts() => Row<string>(TextType);

    public bool Flag() => Single<bool>(FlagType);

    public uint Count() => InRange<uint>(Single<Int128>(IntegerType), uint.MaxValue);

    public ulong Key() => InRange<ulong>(Single<Int128>(IntegerType), ulong.MaxValue);

    /// <summary>A number; an integer is one, too.</summary>
    public float Number() =>
        datatype.Contains("INT", StringComparison.Ordinal) // also UINT
            ? (float)Single<Int128>(IntegerType)
            : (float)Single<double>("a floating-point type");

    public IReadOnlyList<uint> TokenIds() =>
        Array.ConvertAll(Row<Int128>(IntegerType), id => InRange<uint>(id, int.MaxValue));

    private T Single<T>(string expected)
    {
        T[] values = Typed<T>(expected);
        return values.Length == 1 && shape.Count is 1 or 2
            ? values[0]
            : throw Invalid($"has shape {ShapeText}; it must be [1] or [1,1]: a request is one prompt");
    }

    private T[] Row<T>(string expected)
    {
        T[] values = Typed<T>(expected);
        return shape.Count == 1 || (shape.Count == 2 && shape[0] == 1)
            ? values
            : throw Invalid($"has shape {ShapeText}; it must be [n] or [1,n]: a request is one prompt");
    }

    private T[] Typed<T>(string expected) =>
        elements as T[] ?? throw Invalid($"is of type {datatype}; it must be of {expected}");

    private T InRange<T>(Int128 value, T most)
        where T : System.Numerics.IBinaryInteger<T> =>
        value >= 0 && value <= Int128.CreateChecked(most)
            ? T.CreateChecked(value)
            : throw Invalid($"has the value {value}; it must be 0 to {most}");

    private string ShapeText => $"[{string.Join(',', shape)}]";

    private RpcException Invalid(string problem) => RpcErrors.InvalidArgument(path, problem);
}
