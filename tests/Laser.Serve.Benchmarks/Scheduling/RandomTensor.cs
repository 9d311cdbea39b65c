using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>A bf16 matrix of random numbers between plus and minus a bound: weights that nobody trained.</summary>
internal sealed class RandomTensor : HostTensor
{
    private readonly ushort[] _values;

    public RandomTensor(int seed, int rows, int columns, float center, float bound)
        : base("random", DataType.BFloat16, rows, columns)
    {
        var random = new Random(seed);
        _values = new ushort[rows * columns];
        foreach (ref ushort value in _values.AsSpan())
        {
            float number = center + (bound * ((2 * random.NextSingle()) - 1));
            value = (ushort)(BitConverter.SingleToUInt32Bits(number) >> 16);
        }
    }

    public override ReadOnlySpan<byte> RowBytes(int row) =>
        MemoryMarshal.AsBytes(_values.AsSpan(row * Columns, Columns));
}
