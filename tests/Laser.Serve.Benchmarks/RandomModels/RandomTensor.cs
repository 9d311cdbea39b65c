using System.Runtime.InteropServices;
using System.Text;
using Laser.Serve.Compute;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>
/// A bf16 matrix of about normal values, made row by row as they are read: a function of name and row, so that every
/// file of a shape has the same weights.
/// </summary>
internal sealed class RandomTensor : HostTensor
{
    // The sum of four uniform values of 16 bits has this mean and deviation.
    private const double Mean = 2 * 65535;
    private const double Deviation = 37837.2;

    private readonly ulong _seed;
    private readonly float _scale;

    public RandomTensor(string name, int rows, int columns, double deviation)
        : base(name, DataType.BFloat16, rows, columns)
    {
        _scale = (float)(deviation / Deviation);

        // FNV-1a.
        _seed = Encoding.ASCII.GetBytes(name).Aggregate(
            14695981039346656037UL, (hash, letter) => unchecked((hash ^ letter) * 1099511628211UL));
    }

    public override ReadOnlySpan<byte> RowBytes(int row)
    {
        // SplitMix64 (Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014).
        ulong state = Mix(_seed + (ulong)row);
        Span<ushort> values = new ushort[Columns];
        foreach (ref ushort value in values)
        {
            state = unchecked(state + 0x9E3779B97F4A7C15UL);
            ulong bits = Mix(state);
            long sum = (long)((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48));
            value = Round((sum - (float)Mean) * _scale);
        }

        return MemoryMarshal.AsBytes(values);
    }

    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
            return x ^ (x >> 31);
        }
    }

    // To bf16, nearest even; the value is finite.
    private static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
