using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Rows of a matrix rounded to bf16, nearest, ties to even; NaN stays NaN. An odd last number gets a zero for company.
/// One row per task.
/// </summary>
internal sealed unsafe class RoundedRows : RowJob
{
    private const int Lanes = 16;
    private const uint UpperHalf = 0xFFFF0000;
    private const uint Quiet = 0x00400000;

    // Rows do not begin at the same place of a page: they would evict each other from the cache.
    private const int Spread = 64;

    private CpuTensor _input = null!;
    private int _firstRow;
    private byte* _target;

    /// <summary>Bytes from one row to the next.</summary>
    public nint Stride { get; private set; }

    /// <summary>Bytes from one row of <paramref name="columns"/> numbers to the next.</summary>
    public static long StrideOf(int columns) => (((long)columns * sizeof(ushort)) + 63) / 64 * 64 + Spread;

    /// <summary>Rounds rows into <paramref name="target"/>.</summary>
    public void Apply(WorkerPool pool, CpuTensor input, int firstRow, int rows, byte* target)
    {
        _input = input;
        _firstRow = firstRow;
        _target = target;
        Stride = (nint)StrideOf(input.Columns);
        RunRows(pool, rows, input.Columns);
    }

    /// <summary>A row, by its number in the input.</summary>
    public byte* Row(int row) => _target + ((row - _firstRow) * Stride);

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        float* x = _input.Row(_firstRow + row);
        uint* pairs = (uint*)(_target + (row * Stride));
        int columns = _input.Columns;
        int i = 0;
        for (; i <= columns - (2 * Lanes); i += 2 * Lanes)
        {
            Vector512.Narrow(Pairs(Vector512.Load(x + i)), Pairs(Vector512.Load(x + i + Lanes))).Store(pairs + (i / 2));
        }

        for (; i < columns; i += 2)
        {
            Vector512<float> pair = Vector512.CreateScalar(x[i]);
            pair = i + 1 < columns ? pair.WithElement(1, x[i + 1]) : pair;
            pairs[i / 2] = (uint)Pairs(pair)[0];
        }
    }

    // Eight pairs, each in the lower half of its lane.
    private static Vector512<ulong> Pairs(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> lowestKept = Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One;
        Vector512<uint> rounded = bits + Vector512.Create(0x7FFFu) + lowestKept;
        Vector512<uint> number = Vector512.Equals(value, value).AsUInt32();
        Vector512<ulong> halves =
            (Vector512.ConditionalSelect(number, rounded, bits | Vector512.Create(Quiet)) & Vector512.Create(UpperHalf))
            .AsUInt64();
        return Vector512.ShiftRightLogical(halves, 16) | Vector512.ShiftRightLogical(halves, 32);
    }
}
