namespace Laser.Serve.Model.Checkpoints;

/// <summary>One tensor of a safetensors file, as its header describes it (checked).</summary>
/// <param name="ElementType">Element type in the format's own words, one that <see cref="ElementTypes"/> knows.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="Begin">Offset of its first byte in the data that follows the header.</param>
/// <param name="End">Offset behind its last byte.</param>
internal sealed record TensorEntry(string ElementType, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Bytes it takes.</summary>
    public long ByteSize => End - Begin;

    /// <summary>The shape for messages: <c>[2, 3]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>A wanted shape in the form of <see cref="ShapeText"/>.</summary>
    public static string TextOf(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    /// <summary>Whether the tensor has the given dimensions.</summary>
    public bool HasShape(ReadOnlySpan<int> shape)
    {
        bool same = Shape.Count == shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
        {
            same = Shape[i] == shape[i];
        }

        return same;
    }
}
