using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Threading;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Rows of a matrix as 16-bit integers with one scale each, <c>x ~ scale * q</c> with <c>scale = max |x| / 32767</c>;
/// behind the last number zeros to a whole group. A row that is not finite has a scale that is not. One row per task.
/// </summary>
internal sealed unsafe class QuantizedRows : RowJob
{
    private const int Lanes = 16;
    private const float LargestInput = 32767;

    // Ahead of each row, its scale on a cache line of its own; this also keeps rows from beginning at the same place of
    // a page, where they would evict each other from the cache.
    private const int ScaleBytes = 64;

    private CpuTensor _input = null!;
    private int _firstRow;
    private byte* _target;
    private nint _stride;

    /// <summary>Bytes from one row of <paramref name="columns"/> numbers to the next.</summary>
    public static long StrideOf(int columns) =>
        ScaleBytes + ((long)GroupLayout.GroupCount(columns) * GroupLayout.Inputs * sizeof(short));

    /// <summary>Quantizes rows into <paramref name="target"/>.</summary>
    public void Apply(WorkerPool pool, CpuTensor input, int firstRow, int rows, byte* target)
    {
        _input = input;
        _firstRow = firstRow;
        _target = target;
        _stride = (nint)StrideOf(input.Columns);
        RunRows(pool, rows, input.Columns);
    }

    /// <summary>The scale of a row, by its number in the input.</summary>
    public float Scale(int row) => *(float*)(_target + ((row - _firstRow) * _stride));

    /// <summary>The pairs of a row.</summary>
    public int* Pairs(int row) => (int*)(_target + ((row - _firstRow) * _stride) + ScaleBytes);

    /// <inheritdoc />
    protected override void RunRow(int row)
    {
        float* x = _input.Row(_firstRow + row);
        int columns = _input.Columns;
        float scale = Largest(x, columns) / LargestInput;
        byte* target = _target + (row * _stride);
        *(float*)target = scale;
        short* q = (short*)(target + ScaleBytes);
        new Span<byte>(q, (int)(_stride - ScaleBytes)).Clear();
        if (!(scale > 0))
        {
            return;
        }

        // By division, which rounds alike everywhere.
        Vector512<float> scales = Vector512.Create(scale);
        int i = 0;
        for (; i <= columns - (2 * Lanes); i += 2 * Lanes)
        {
            Vector512.Narrow(
                Vector512.ConvertToInt32(Vector512.Round(Vector512.Load(x + i) / scales)),
                Vector512.ConvertToInt32(Vector512.Round(Vector512.Load(x + i + Lanes) / scales))).Store(q + i);
        }

        for (; i < columns; i++)
        {
            q[i] = (short)MathF.Round(x[i] / scale);
        }
    }

    private static float Largest(float* x, int columns)
    {
        Vector512<float> largest = default;
        int i = 0;
        for (; i <= columns - Lanes; i += Lanes)
        {
            largest = Vector512.Max(largest, Vector512.Abs(Vector512.Load(x + i))); // NaN stays
        }

        float result = 0;
        for (int lane = 0; lane < Lanes; lane++)
        {
            result = MathF.Max(result, largest[lane]);
        }

        for (; i < columns; i++)
        {
            result = MathF.Max(result, MathF.Abs(x[i]));
        }

        return result;
    }
}
