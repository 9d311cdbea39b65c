using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary>A bf16 matrix of random numbers; its rows repeat, so that it is made at once.</summary>
internal sealed class RandomMatrix : HostTensor
{
    private const int Period = 61;

    private readonly ushort[][] _rows;

    public RandomMatrix(int rows, int columns)
        : base("random", DataType.BFloat16, rows, columns)
    {
        var random = new Random(7);
        _rows = [.. Enumerable.Range(0, Period).Select(_ => Enumerable.Range(0, columns)
            .Select(_ => (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16)).ToArray())];
    }

    public override ReadOnlySpan<byte> RowBytes(int row) => MemoryMarshal.AsBytes(_rows[row % Period].AsSpan());
}
