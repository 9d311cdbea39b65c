using System.Runtime.InteropServices;

namespace Laser.Serve.Model.Tests.Checkpoints;

/// <summary>A tensor to be written into a file.</summary>
internal sealed record StoredTensor(string Name, string ElementType, int[] Shape, byte[] Bytes)
{
    /// <summary>An fp32 tensor of values <c>first, first + 1, ...</c></summary>
    public static StoredTensor Counting(string name, float first, params int[] shape) =>
        Float32(name, [.. Enumerable.Range(0, Product(shape)).Select(i => first + i)], shape);

    public static StoredTensor Float32(string name, float[] values, params int[] shape) =>
        new(name, "F32", shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>The same numbers, cut to the upper 16 bits of each.</summary>
    public StoredTensor AsBFloat16() =>
        this with { ElementType = "BF16", Bytes = [.. Bytes.Where((_, i) => i % 4 >= 2)] };

    private static int Product(int[] shape) => shape.Aggregate(1, (product, count) => product * count);
}
